package dev.missive.testkit.contract;

import static java.util.Objects.requireNonNull;

import dev.missive.Messaging;
import dev.missive.spi.BrokerProvider;
import dev.missive.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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

  private final String name;
  private final Map<String, String> settings;
  private final List<Control> controls;
  private final Map<Class<? extends Control>, String> without;
  private final Duration readyTimeout;
  private final Duration sessionTimeout;
  private final Duration detection;
  private final boolean survivingCuts;
  private final @Nullable VirtualTime time;
  private final @Nullable BrokerProvider provider;
  private final UnaryOperator<Messaging.Builder> opening;

  private BrokerUnderTest(
      String name,
      Map<String, String> settings,
      List<Control> controls,
      Map<Class<? extends Control>, String> without,
      Duration readyTimeout,
      Duration sessionTimeout,
      Duration detection,
      boolean survivingCuts,
      @Nullable VirtualTime time,
      @Nullable BrokerProvider provider,
      UnaryOperator<Messaging.Builder> opening) {
    this.name = name;
    this.settings = Map.copyOf(settings);
    this.controls = List.copyOf(controls);
    this.without = Map.copyOf(without);
    this.readyTimeout = readyTimeout;
    this.sessionTimeout = sessionTimeout;
    this.detection = detection;
    this.survivingCuts = survivingCuts;
    this.time = time;
    this.provider = provider;
    this.opening = opening;
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
    return new BrokerUnderTest(
        requireNonNull(name, "name"),
        settings,
        List.of(),
        Map.of(),
        READY,
        SESSION,
        DETECTION,
        false,
        null,
        null,
        builder -> builder);
  }

  /**
   * Adds settings.
   *
   * @param key a key
   * @param value its value
   * @return a changed copy
   */
  public BrokerUnderTest setting(String key, String value) {
    Map<String, String> more = new LinkedHashMap<>(settings);
    more.put(key, value);
    return copy(more, controls, without, readyTimeout, sessionTimeout, detection);
  }

  /**
   * Adds what can be done to the broker.
   *
   * @param more implementations of the interfaces in {@link Control}
   * @return a changed copy
   */
  public BrokerUnderTest control(Control... more) {
    List<Control> all = new ArrayList<>(controls);
    all.addAll(List.of(more));
    return copy(settings, all, without, readyTimeout, sessionTimeout, detection);
  }

  /**
   * Says that a control cannot be had, so that its clauses are not applicable instead of missing.
   *
   * @param control which one
   * @param reason why, for instance "one node"
   * @return a changed copy
   */
  public BrokerUnderTest without(Class<? extends Control> control, String reason) {
    Map<Class<? extends Control>, String> more = new LinkedHashMap<>(without);
    more.put(control, reason);
    return copy(settings, controls, more, readyTimeout, sessionTimeout, detection);
  }

  /**
   * How long anything may take that the contract waits for: a consumer to be ready, a message to
   * arrive, a connection to come back.
   *
   * @param atMost more than zero; default 30 s
   * @return a changed copy
   */
  public BrokerUnderTest readyTimeout(Duration atMost) {
    return copy(settings, controls, without, atMost, sessionTimeout, detection);
  }

  /**
   * After how long without a sign of life the broker gives up a member, with the settings given
   * here.
   *
   * @param time zero where the broker has no members; default 2 s
   * @return a changed copy
   */
  public BrokerUnderTest sessionTimeout(Duration time) {
    return copy(settings, controls, without, readyTimeout, time, detection);
  }

  /**
   * After how long a half-open connection is detected, with the settings given here.
   *
   * @param atMost more than zero; default 30 s
   * @return a changed copy
   */
  public BrokerUnderTest detection(Duration atMost) {
    return copy(settings, controls, without, readyTimeout, sessionTimeout, atMost);
  }

  /**
   * Says that a cut connection alone ends no epoch: the broker keeps a member, and what it holds,
   * until its session ends. Then an acknowledgement after a cut must take effect instead of
   * answering STALE.
   *
   * @return a changed copy; without it each lost connection ends the epochs it had
   */
  public BrokerUnderTest survivingCuts() {
    return new BrokerUnderTest(
        name,
        settings,
        controls,
        without,
        readyTimeout,
        sessionTimeout,
        detection,
        true,
        time,
        provider,
        opening);
  }

  /**
   * Runs on a clock that the tests move; for brokers that wait on {@link dev.missive.spi.Time}
   * alone.
   *
   * @param clock the clock, one per test
   * @return a changed copy
   */
  public BrokerUnderTest time(VirtualTime clock) {
    return new BrokerUnderTest(
        name,
        settings,
        controls,
        without,
        readyTimeout,
        sessionTimeout,
        detection,
        survivingCuts,
        clock,
        provider,
        opening);
  }

  /**
   * Uses this adapter instead of the one found by ServiceLoader.
   *
   * @param adapter an adapter of the same name
   * @return a changed copy
   */
  public BrokerUnderTest provider(BrokerProvider adapter) {
    return new BrokerUnderTest(
        name,
        settings,
        controls,
        without,
        readyTimeout,
        sessionTimeout,
        detection,
        survivingCuts,
        time,
        adapter,
        opening);
  }

  /**
   * Changes how connections are opened, for instance by an interceptor that breaks something.
   *
   * @param change applied to the builder after everything else
   * @return a changed copy
   */
  public BrokerUnderTest opening(UnaryOperator<Messaging.Builder> change) {
    return new BrokerUnderTest(
        name,
        settings,
        controls,
        without,
        readyTimeout,
        sessionTimeout,
        detection,
        survivingCuts,
        time,
        provider,
        change);
  }

  /**
   * The adapter's name.
   *
   * @return as in the setting {@code broker}
   */
  public String name() {
    return name;
  }

  /**
   * What every connection gets.
   *
   * @return unmodifiable
   */
  public Map<String, String> settings() {
    return settings;
  }

  /**
   * How long anything may take.
   *
   * @return more than zero
   */
  public Duration readyTimeout() {
    return readyTimeout;
  }

  /**
   * After how long the broker gives up a silent member.
   *
   * @return zero where it has no members
   */
  public Duration sessionTimeout() {
    return sessionTimeout;
  }

  /**
   * After how long a half-open connection is detected.
   *
   * @return more than zero
   */
  public Duration detection() {
    return detection;
  }

  /**
   * Whether epochs outlive a cut connection.
   *
   * @return true after {@link #survivingCuts}
   */
  public boolean survivesCuts() {
    return survivingCuts;
  }

  /**
   * The clock that tests move.
   *
   * @return empty in real time
   */
  public Optional<VirtualTime> time() {
    return Optional.ofNullable(time);
  }

  /**
   * Opens a connection with the runtime on the class path.
   *
   * @param more settings besides {@link #settings()}; they win
   * @param adapter used instead of everything else; null for the usual one
   * @return an open connection, to be closed by the caller
   */
  public Messaging open(Map<String, String> more, @Nullable BrokerProvider adapter) {
    Messaging.Builder builder =
        Messaging.builder().setting("broker", name).settings(settings).settings(more);
    BrokerProvider own = adapter == null ? provider : adapter;
    if (own != null) {
      builder.providers(own);
    }
    if (time != null) {
      builder.time(time);
    }
    return opening.apply(builder).open();
  }

  Optional<BrokerProvider> provider() {
    return Optional.ofNullable(provider);
  }

  /**
   * What can be done to the broker.
   *
   * @param type one of the interfaces in {@link Control}
   * @param <T> the same
   * @return empty if this broker has no such control
   */
  public <T extends Control> Optional<T> find(Class<T> type) {
    return controls.stream().filter(type::isInstance).map(type::cast).findFirst();
  }

  Optional<String> whyWithout(Class<? extends Control> type) {
    return Optional.ofNullable(without.get(type));
  }

  private BrokerUnderTest copy(
      Map<String, String> settings,
      List<Control> controls,
      Map<Class<? extends Control>, String> without,
      Duration readyTimeout,
      Duration sessionTimeout,
      Duration detection) {
    return new BrokerUnderTest(
        name,
        settings,
        controls,
        without,
        readyTimeout,
        sessionTimeout,
        detection,
        survivingCuts,
        time,
        provider,
        opening);
  }
}
