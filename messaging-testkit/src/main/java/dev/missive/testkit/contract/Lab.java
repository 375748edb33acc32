package dev.missive.testkit.contract;

import dev.missive.Capability;
import dev.missive.Consumer;
import dev.missive.DrainReport;
import dev.missive.ErrorCode;
import dev.missive.Handler;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.ReceivedMessage;
import dev.missive.RetryPolicy;
import dev.missive.spi.Broker;
import dev.missive.testkit.Recorder;
import dev.missive.testkit.VirtualTime;
import dev.missive.testkit.history.History;
import dev.missive.testkit.history.Violation;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

/**
 * What one test of the contract works with: names nobody else has, connections that are closed at
 * the end, and waiting that moves a virtual clock or watches the real one. Thread-safe.
 *
 * @since 0.1
 */
public final class Lab implements AutoCloseable {
  static final RetryPolicy QUICK =
      RetryPolicy.exponential(Duration.ofMillis(5), Duration.ofMillis(10));

  /** How long all may take to go on after a fault; seconds, unless the machine has other work. */
  static final Duration RECOVERY = Duration.ofMinutes(3);

  private static final String KEY = "k";
  private final String unique;
  private final List<Messaging> open = new CopyOnWriteArrayList<>();
  private final List<AutoCloseable> others = new CopyOnWriteArrayList<>();
  private final Set<Control> used = ConcurrentHashMap.newKeySet();
  private final BrokerUnderTest broker;
  private final BiConsumer<String, String> report;
  private final Clock clock;

  Lab(BrokerUnderTest broker, String unique, BiConsumer<String, String> report) {
    this.broker = broker;
    this.unique = unique;
    this.report = report;
    VirtualTime time = broker.time().orElse(null);
    this.clock = time == null ? new Clock.Real() : new Clock.Virtual(time);
    report.accept("broker", broker.name());
    report.accept("version", traits().version());
  }

  // ---- names

  /** The usual topic of this test. */
  String topic() {
    return topic("orders");
  }

  /** A topic of this test. */
  String topic(String last) {
    return "kit" + unique + "." + last;
  }

  /** The usual group of this test. */
  String group() {
    return group("billing");
  }

  /** A group of this test. */
  String group(String name) {
    return name + "-" + unique;
  }

  /** A value of the setting application that no other test uses. */
  String application(String name) {
    return name + "-" + unique;
  }

  Message message(String text) {
    return message(KEY, text);
  }

  Message message(String key, String text) {
    return Message.builder(topic()).key(key).text(text).build();
  }

  static String text(ReceivedMessage message) {
    byte[] payload = message.payload();
    return payload == null ? "" : new String(payload, StandardCharsets.UTF_8);
  }

  static String key(ReceivedMessage message) {
    byte[] key = message.key();
    return key == null ? "" : new String(key, StandardCharsets.UTF_8);
  }

  // ---- connections

  BrokerUnderTest broker() {
    return broker;
  }

  /** Opens a connection with more settings: key, value, key, value. */
  Messaging open(String... settings) {
    return open(null, settings);
  }

  /** Opens a connection that is watched and disturbed. */
  Messaging open(@Nullable Probe probe, String... settings) {
    Map<String, String> more = new HashMap<>();
    for (int i = 0; i < settings.length; i += 2) {
      more.put(settings[i], settings[i + 1]);
    }
    return keep(broker.open(more, probe));
  }

  /** Closes a connection at the end of the test. */
  Messaging keep(Messaging made) {
    open.add(made);
    return made;
  }

  /** A probe around the adapter. */
  Probe probe() {
    return new Probe(Spi.provider(broker));
  }

  /** The adapter without a runtime. */
  Spi spi() {
    Spi made = new Spi(broker, clock);
    others.add(made);
    return made;
  }

  /** A client that can be killed. */
  Victim victim() {
    Victim made = Victim.of(this);
    others.add(made);
    return made;
  }

  /** What the adapter says of itself. */
  Broker.Traits traits() {
    return Spi.traits(broker, clock);
  }

  // ---- consumers

  /** A consumer of the usual topic and group, ready. */
  Consumer consume(Messaging messaging, Handler handler) {
    return consumeWith(messaging, builder -> builder.handler(handler));
  }

  Consumer consumeWith(Messaging messaging, UnaryOperator<Consumer.Builder> options) {
    return started(options.apply(messaging.consumer(topic()).group(group()).retry(QUICK)).build());
  }

  Consumer started(Consumer consumer) {
    run("starting", consumer::start);
    join(consumer.ready());
    return consumer;
  }

  DrainReport stop(Consumer consumer, Duration timeout) {
    return call("stopping", () -> consumer.stop(timeout));
  }

  void close(Messaging messaging, Duration timeout) {
    run("closing", () -> messaging.close(timeout));
  }

  /** Publishes a last message of the usual key and waits for it; gives all texts before it. */
  List<String> untilSentinel(Messaging messaging, Recorder recorder) {
    Message sentinel = message("sentinel-" + UUID.randomUUID());
    run("publishing a sentinel", () -> messaging.producer().publish(sentinel));
    await("the sentinel", () -> recorder.ids().contains(sentinel.id()));
    return recorder.runs().stream()
        .filter(run -> !run.id().equals(sentinel.id()))
        .map(Recorder.Run::text)
        .toList();
  }

  /** How many dead letters a group has; -1 while the broker cannot be asked. */
  long letters(Messaging messaging, String group) {
    return call(
        "counting dead letters",
        () -> {
          try {
            return messaging.deadLetters().count(topic(), group);
          } catch (MessagingException e) {
            if (e.code() == ErrorCode.BROKER_UNREACHABLE) {
              return -1L;
            }
            throw e;
          }
        });
  }

  // ---- time

  /** The time by the clock the broker's clients use. */
  Instant now() {
    return clock.now();
  }

  /** Lets time pass. */
  void pass(Duration time) {
    clock.pass(time);
  }

  /** How much longer than promised something may take on this clock. */
  Duration slack() {
    return clock.slack();
  }

  /** Waits, at most the broker's ready timeout. */
  void await(String what, BooleanSupplier condition) {
    await(what, broker.readyTimeout(), condition);
  }

  void await(String what, Duration atMost, BooleanSupplier condition) {
    clock.await(what, atMost, condition);
  }

  /** Waits for runs. */
  List<Recorder.Run> await(int count, Recorder recorder) {
    await(
        count + " runs, not only " + recorder.runs().size(), () -> recorder.runs().size() >= count);
    return recorder.runs();
  }

  /** Waits until a history keeps its rules, or fails with what it breaks. */
  void settles(String what, Duration atMost, History history, History.Rules rules) {
    try {
      await(what, atMost, () -> history.check(rules).isEmpty());
    } catch (AssertionError e) {
      List<Violation> found = history.check(rules);
      throw new AssertionError(
          e.getMessage()
              + "; "
              + found.size()
              + " violations, such as "
              + found.subList(0, Math.min(3, found.size())),
          e);
    }
  }

  /** Waits for a stage and gives its value, or throws what it failed with, wrapped. */
  <T> T join(CompletionStage<T> stage) {
    CompletableFuture<T> future = stage.toCompletableFuture();
    await("a stage to complete", future::isDone);
    return future.join();
  }

  /** Runs something that may wait for time. */
  void run(String what, Runnable task) {
    call(
        what,
        () -> {
          task.run();
          return true;
        });
  }

  /** Calls something that may wait for time. */
  <T> T call(String what, Supplier<T> task) {
    return clock.call(what, broker.readyTimeout(), task);
  }

  /** Runs something on many threads at once and waits for all; throws what one of them threw. */
  void inParallel(int threads, IntConsumer task) {
    List<CompletableFuture<Void>> all = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      int number = i;
      all.add(background(() -> task.accept(number)));
    }
    await(
        threads + " threads",
        broker.readyTimeout().multipliedBy(2),
        () -> all.stream().allMatch(CompletableFuture::isDone));
    all.forEach(Beside::join);
  }

  /** Runs something beside the test. */
  static CompletableFuture<Void> background(Runnable task) {
    return Beside.run(task);
  }

  // ---- what the broker can do, and what can be done to it

  boolean has(Capability capability) {
    return traits().support(capability) != Capability.Support.NONE;
  }

  /** Goes on where the broker has the capability; else proves the refusal and ends the test. */
  void needs(Capability capability) {
    if (!has(capability)) {
      Refusals.assertRefused(this, open(), capability);
      Assumptions.abort("refused: the broker has no " + capability + ", and using it was refused");
    }
  }

  /** Goes on where clients can be processes of their own; else ends the test. */
  void needsProcess(String reason) {
    if (broker.find(Control.Abandon.class).isPresent()) {
      Assumptions.abort("n/a: " + reason);
    }
  }

  /** Gives the control, or ends the test. */
  <T extends Control> T control(Class<T> type) {
    return use(type)
        .orElseGet(
            () -> {
              Assumptions.abort(absence(type));
              throw new AssertionError();
            });
  }

  /** Gives the control for a part of a clause, or notes that this part stays unproven. */
  <T extends Control> Optional<T> part(Class<T> type) {
    Optional<T> found = use(type);
    if (found.isEmpty()) {
      report.accept("part", absence(type));
    }
    return found;
  }

  /** Says in the report which processes of the broker were killed. */
  void killed(List<Long> pids) {
    if (!pids.isEmpty()) {
      note("killed", "broker process " + pids);
    }
  }

  /** Notes something for the report. */
  void note(String what, String value) {
    report.accept(what, value);
  }

  private <T extends Control> Optional<T> use(Class<T> type) {
    Optional<T> found = broker.find(type);
    found.ifPresent(used::add);
    if (found.orElse(null) instanceof Control.SimulatedRestart played
        && type == Control.Restart.class) {
      report.accept("part", "simulated: " + played.simulation());
    }
    return found;
  }

  private String absence(Class<? extends Control> type) {
    return broker
        .whyWithout(type)
        .map(reason -> "n/a: no control " + type.getSimpleName() + ": " + reason)
        .orElse("missing: no control " + type.getSimpleName());
  }

  @Override
  public void close() {
    // What a test may have broken is mended, also when it failed half-way.
    used.forEach(Control::mend);
    for (AutoCloseable other : others) {
      try {
        other.close();
      } catch (Exception e) {
        throw new IllegalStateException("the kit could not close " + other, e);
      }
    }
    for (Messaging messaging : open) {
      try {
        clock.call(
            "closing after the test", Duration.ofSeconds(30), () -> messaging.close(Duration.ZERO));
      } catch (AssertionError e) {
        // Not what the test asserted.
        throw new IllegalStateException("the kit could not close " + messaging, e);
      }
    }
  }
}
