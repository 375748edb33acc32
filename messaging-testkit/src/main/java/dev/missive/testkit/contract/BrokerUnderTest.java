package dev.missive.testkit.contract;

import static java.util.Objects.requireNonNull;

import dev.missive.ConnectionState;
import dev.missive.Messaging;
import dev.missive.spi.BrokerProvider;
import dev.missive.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What an adapter's author tells the contract about a broker. Immutable; methods return changed
 * copies.
 *
 * @since 0.1
 */
public final class BrokerUnderTest {
  private static final Duration READY = Duration.ofSeconds(30);
  private static final Duration SESSION = Duration.ofSeconds(2);
  private static final Duration DETECTION = Duration.ofSeconds(30);
  private static final Map<ConnectionState, String> REASONS =
      new EnumMap<>(
          Map.of(ConnectionState.BLOCKED, "alarm", ConnectionState.AUTH_FAILED, "refused"));

  private final Parts parts;

  private BrokerUnderTest(Parts parts) {
    this.parts = parts;
  }

  /**
   * A broker.
   *
   * @param name the adapter's name, as in the setting {@code broker}
   * @param settings what every connection gets, such as the address; waits of broker and client
   *     (session, lease, heartbeat, retry of a login) belong here, short
   * @return without control, in real time, with a ready timeout of 30 s, a session timeout of 2 s
   *     and 30 s to detect a blackhole
   */
  public static BrokerUnderTest of(String name, Map<String, String> settings) {
    return new BrokerUnderTest(new Parts(requireNonNull(name, "name"), settings));
  }

  /**
   * Adds settings.
   *
   * @param key a key
   * @param value its value
   * @return a changed copy
   */
  public BrokerUnderTest setting(String key, String value) {
    Map<String, String> more = new LinkedHashMap<>(parts.settings);
    more.put(key, value);
    return changed(copy -> copy.settings = Map.copyOf(more));
  }

  /**
   * Adds what can be done to the broker.
   *
   * @param more implementations of the interfaces in {@link Control}
   * @return a changed copy
   */
  public BrokerUnderTest control(Control... more) {
    List<Control> all = new ArrayList<>(parts.controls);
    all.addAll(List.of(more));
    return changed(copy -> copy.controls = List.copyOf(all));
  }

  /**
   * Says that a control cannot be had, so that its clauses are not applicable instead of missing.
   *
   * @param control which one
   * @param reason why, for instance "one node"
   * @return a changed copy
   */
  public BrokerUnderTest without(Class<? extends Control> control, String reason) {
    Map<Class<? extends Control>, String> more = new LinkedHashMap<>(parts.without);
    more.put(control, reason);
    return changed(copy -> copy.without = Map.copyOf(more));
  }

  /**
   * How long anything may take that the contract waits for: a consumer to be ready, a message to
   * arrive, a connection to come back.
   *
   * @param atMost more than zero; default 30 s
   * @return a changed copy
   */
  public BrokerUnderTest readyTimeout(Duration atMost) {
    return changed(copy -> copy.readyTimeout = atMost);
  }

  /**
   * After how long without a sign of life the broker gives up a member, with the settings given
   * here.
   *
   * @param time zero where the broker has no members; default 2 s
   * @return a changed copy
   */
  public BrokerUnderTest sessionTimeout(Duration time) {
    return changed(copy -> copy.sessionTimeout = time);
  }

  /**
   * After how long a half-open connection is detected, with the settings given here.
   *
   * @param atMost more than zero; default 30 s
   * @return a changed copy
   */
  public BrokerUnderTest detection(Duration atMost) {
    return changed(copy -> copy.detection = atMost);
  }

  /**
   * Says with which words the adapter gives the reason of a state, so that H01 can tell it from
   * that of another fault.
   *
   * @param state a state that the adapter reports: RECONNECTING, BLOCKED or AUTH_FAILED
   * @param part what the reason contains in it, whatever else it says
   * @return a changed copy; without it {@code alarm} for BLOCKED, {@code refused} for AUTH_FAILED,
   *     and for RECONNECTING any reason that is not the one before
   */
  public BrokerUnderTest reason(ConnectionState state, String part) {
    Map<ConnectionState, String> more = new EnumMap<>(parts.reasons);
    more.put(state, part);
    return changed(copy -> copy.reasons = more);
  }

  /**
   * Says that a cut connection alone ends no epoch: the broker keeps a member, and what it holds,
   * until its session ends. Then an acknowledgement after a cut must take effect instead of
   * answering STALE.
   *
   * @return a changed copy; without it each lost connection ends the epochs it had
   */
  public BrokerUnderTest survivingCuts() {
    return changed(copy -> copy.survivingCuts = true);
  }

  /**
   * Says which setting gives a declared topic its number of partitions, so that the order of keys
   * is tested over several of them.
   *
   * @param setting its key, such as {@code kafka.partitions}
   * @return a changed copy; without it topics have no partitions, or are as the settings say
   */
  public BrokerUnderTest partitions(String setting) {
    return changed(copy -> copy.partitions = setting);
  }

  /**
   * Runs on a clock that the tests move; for brokers that wait on {@link dev.missive.spi.Time}
   * alone.
   *
   * @param clock the clock, one per test
   * @return a changed copy
   */
  public BrokerUnderTest time(VirtualTime clock) {
    return changed(copy -> copy.time = clock);
  }

  /**
   * Uses this adapter instead of the one found by ServiceLoader.
   *
   * @param adapter an adapter of the same name
   * @return a changed copy
   */
  public BrokerUnderTest provider(BrokerProvider adapter) {
    return changed(copy -> copy.provider = adapter);
  }

  /**
   * Changes how connections are opened, for instance by an interceptor that breaks something.
   *
   * @param change applied to the builder after everything else
   * @return a changed copy
   */
  public BrokerUnderTest opening(UnaryOperator<Messaging.Builder> change) {
    return changed(copy -> copy.opening = change);
  }

  /**
   * The adapter's name.
   *
   * @return as in the setting {@code broker}
   */
  public String name() {
    return parts.name;
  }

  /**
   * What every connection gets.
   *
   * @return unmodifiable
   */
  public Map<String, String> settings() {
    return parts.settings;
  }

  /**
   * How long anything may take.
   *
   * @return more than zero
   */
  public Duration readyTimeout() {
    return parts.readyTimeout;
  }

  /**
   * After how long the broker gives up a silent member.
   *
   * @return zero where it has no members
   */
  public Duration sessionTimeout() {
    return parts.sessionTimeout;
  }

  /**
   * After how long a half-open connection is detected.
   *
   * @return more than zero
   */
  public Duration detection() {
    return parts.detection;
  }

  /**
   * Whether epochs outlive a cut connection.
   *
   * @return true after {@link #survivingCuts}
   */
  public boolean survivesCuts() {
    return parts.survivingCuts;
  }

  /**
   * The clock that tests move.
   *
   * @return empty in real time
   */
  public Optional<VirtualTime> time() {
    return Optional.ofNullable(parts.time);
  }

  /**
   * Opens a connection with the runtime on the class path.
   *
   * @param more settings besides {@link #settings()}; they win
   * @param adapter used instead of everything else, whatever its name; null for the usual one. One
   *     that wraps the usual one, as the kit's probe {@code probe:<name>} does, has the settings of
   *     that one
   * @return an open connection, to be closed by the caller
   */
  public Messaging open(Map<String, String> more, @Nullable BrokerProvider adapter) {
    return open(more, adapter, Map.of());
  }

  /** With credentials that are asked for at every login. */
  Messaging open(
      Map<String, String> more,
      @Nullable BrokerProvider adapter,
      Map<String, Supplier<String>> credentials) {
    Messaging.Builder builder =
        Messaging.builder().setting("broker", parts.name).settings(parts.settings).settings(more);
    // Of one name the first is used.
    if (adapter != null) {
      builder.setting("broker", adapter.name()).providers(adapter);
    }
    if (parts.provider != null) {
      builder.providers(parts.provider);
    }
    credentials.forEach(builder::credential);
    if (parts.time != null) {
      builder.time(parts.time);
    }
    return parts.opening.apply(builder).open();
  }

  Optional<BrokerProvider> provider() {
    return Optional.ofNullable(parts.provider);
  }

  /**
   * What can be done to the broker.
   *
   * @param type one of the interfaces in {@link Control}
   * @param <T> the same
   * @return empty if this broker has no such control
   */
  public <T extends Control> Optional<T> find(Class<T> type) {
    return parts.controls.stream().filter(type::isInstance).map(type::cast).findFirst();
  }

  Optional<String> partitions() {
    return Optional.ofNullable(parts.partitions);
  }

  /** What the reason of this state contains; empty if the adapter's words are not known. */
  String reason(ConnectionState state) {
    return parts.reasons.getOrDefault(state, "");
  }

  Optional<String> whyWithout(Class<? extends Control> type) {
    return Optional.ofNullable(parts.without.get(type));
  }

  private BrokerUnderTest changed(Consumer<Parts> change) {
    Parts copy = new Parts(parts);
    change.accept(copy);
    return new BrokerUnderTest(copy);
  }

  /** All that is known; changed only while nobody else has it. */
  private static final class Parts {
    private final String name;
    private Map<String, String> settings;
    private List<Control> controls = List.of();
    private Map<Class<? extends Control>, String> without = Map.of();
    private Duration readyTimeout = READY;
    private Duration sessionTimeout = SESSION;
    private Duration detection = DETECTION;
    private Map<ConnectionState, String> reasons = REASONS;
    private boolean survivingCuts;
    private @Nullable String partitions;
    private @Nullable VirtualTime time;
    private @Nullable BrokerProvider provider;
    private UnaryOperator<Messaging.Builder> opening = builder -> builder;

    Parts(String name, Map<String, String> settings) {
      this.name = name;
      this.settings = Map.copyOf(settings);
    }

    Parts(Parts other) {
      name = other.name;
      settings = other.settings;
      controls = other.controls;
      without = other.without;
      readyTimeout = other.readyTimeout;
      sessionTimeout = other.sessionTimeout;
      detection = other.detection;
      reasons = other.reasons;
      survivingCuts = other.survivingCuts;
      partitions = other.partitions;
      time = other.time;
      provider = other.provider;
      opening = other.opening;
    }
  }
}
