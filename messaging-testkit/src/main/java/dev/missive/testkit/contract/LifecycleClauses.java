package dev.missive.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.Capability;
import dev.missive.ConnectionState;
import dev.missive.Consumer;
import dev.missive.ConsumerState;
import dev.missive.DrainReport;
import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.testkit.FakeHandler;
import dev.missive.testkit.Recorder;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Clauses C01 to C04, C08, C09 and C11: from opening to closing. */
public interface LifecycleClauses extends StopClauses {
  /**
   * C01.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("count")
  @DisplayName("C01 open, producer and build do no I/O and take less than 100 ms")
  default void no_io(Lab lab) {
    Optional<Control.Connections> connections = lab.part(Control.Connections.class);
    long before = connections.map(Control.Connections::made).orElse(0L);
    // The first of all loads classes, and a busy machine may let any of them wait.
    Map<String, Duration> fastest = new HashMap<>();
    for (int i = 0; i < 5 || i < 50 && !atOnce(fastest.values()); i++) {
      Messaging messaging = timed(fastest, "open", lab::open);
      timed(fastest, "producer", messaging::producer);
      Consumer.Builder builder = messaging.consumer(lab.topic()).group(lab.group());
      timed(fastest, "build", () -> builder.handler(m -> {}).build());
      assertThat(messaging.health().connection().state())
          .as("state before start")
          .isEqualTo(ConnectionState.NEW);
    }
    assertThat(atOnce(fastest.values())).as("less than 100 ms: %s", fastest).isTrue();
    connections.ifPresent(
        control -> assertThat(control.made()).as("connections made").isEqualTo(before));
  }

  private static boolean atOnce(Collection<Duration> took) {
    return took.stream().allMatch(each -> each.toMillis() < 100);
  }

  private static <T> T timed(Map<String, Duration> fastest, String what, Supplier<T> task) {
    long began = System.nanoTime();
    T made = task.get();
    Duration took = Duration.ofNanos(System.nanoTime() - began);
    fastest.merge(what, took, (a, b) -> a.compareTo(b) < 0 ? a : b);
    return made;
  }

  /**
   * C02.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("fault")
  @DisplayName(
      "C02 start with the broker down returns and consuming begins when it appears; fail-fast fails")
  default void broker_down(Lab lab) {
    Control.Power power = lab.control(Control.Power.class);
    power.down();
    Messaging messaging = lab.open("connect.timeout", "2s");
    Recorder seen = new Recorder();
    Consumer consumer = messaging.consumer(lab.topic()).group(lab.group()).handler(seen).build();
    lab.run("starting", consumer::start);
    assertThat(messaging.health().connection().state())
        .as("state while the broker is down")
        .isEqualTo(ConnectionState.CONNECTING);
    assertThat(consumer.state()).isEqualTo(ConsumerState.STARTING);
    assertThat(consumer.ready().toCompletableFuture()).isNotDone();
    Messaging hasty = lab.open("connect.fail-fast", "true", "connect.timeout", "2s");
    Consumer failing = hasty.consumer(lab.topic()).group(lab.group()).handler(seen).build();
    Instant began = lab.now();
    assertThatThrownBy(() -> lab.run("starting", failing::start))
        .isInstanceOfSatisfying(
            MessagingException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.BROKER_UNREACHABLE);
              assertThat(e.getCause()).isNotNull();
            });
    assertThat(Duration.between(began, lab.now()))
        .as("how long a start failed that had 2 s to connect")
        .isLessThanOrEqualTo(Duration.ofSeconds(4).plus(lab.slack()));

    power.up();
    lab.await(
        "consuming begins",
        lab.broker().readyTimeout().plusSeconds(35),
        () -> consumer.ready().toCompletableFuture().isDone());
    lab.join(consumer.ready());
    messaging.producer().publish(lab.message("v"));
    lab.await(1, seen);

    // The same for whoever starts while a connection that once stood is away.
    power.down();
    lab.await(
        "the loss is seen",
        lab.broker().readyTimeout().plusSeconds(35),
        () -> messaging.health().connection().state() == ConnectionState.RECONNECTING);
    Recorder later = new Recorder();
    Consumer second =
        messaging.consumer(lab.topic()).group(lab.group("second")).handler(later).build();
    lab.run("starting", second::start);
    assertThat(second.state()).isEqualTo(ConsumerState.STARTING);
    assertThat(second.ready().toCompletableFuture()).isNotDone();

    power.up();
    lab.await(
        "the second begins",
        lab.broker().readyTimeout().plusSeconds(35),
        () -> second.ready().toCompletableFuture().isDone());
    lab.join(second.ready());
    messaging.producer().publish(lab.message("w"));
    lab.await(1, later);
  }

  /**
   * C03.
   *
   * @param lab what this test works with
   */
  @Test
  @DisplayName(
      "C03 C04 pause lets what runs finish and no run start, and loses nothing, longer than a session; resume goes on; both are idempotent")
  default void pause(Lab lab) {
    Messaging messaging = lab.open();
    FakeHandler.Blocking running = FakeHandler.blocking();
    Recorder seen =
        new Recorder(
            m -> {
              if (Lab.text(m).equals("before")) {
                running.handle(m);
              }
            });
    Consumer consumer = lab.consume(messaging, seen);
    messaging.producer().publish(lab.message("before"));
    running.awaitEntered();
    consumer.pause();
    consumer.pause();
    assertThat(consumer.state()).isEqualTo(ConsumerState.PAUSED);
    running.release();
    lab.await(
        "what ran is settled",
        () ->
            messaging.counters().of(lab.topic(), lab.group()).acked() == 1
                && messaging.topology().depth(lab.topic(), lab.group()).inFlight() == 0);
    assertThat(running.interrupted()).as("whether the running handler was interrupted").isFalse();
    for (int i = 0; i < 10; i++) {
      messaging.producer().publish(lab.message("paused" + i));
    }
    lab.pass(lab.broker().sessionTimeout().plusSeconds(1));
    assertThat(seen.texts()).as("runs while it is paused").containsExactly("before");

    consumer.resume();
    consumer.resume();

    lab.await(11, seen);
    assertThat(lab.untilSentinel(messaging, seen)).hasSize(11);
    assertThat(consumer.state()).isEqualTo(ConsumerState.RUNNING);
  }

  /**
   * C03.
   *
   * @param lab what this test works with
   */
  @Test
  @DisplayName("C03 what a consumer holds when it is paused waits for resume, and is run once")
  default void pause_keeps_what_is_held(Lab lab) {
    Messaging messaging = lab.open();
    FakeHandler.Blocking running = FakeHandler.blocking();
    Recorder seen = new Recorder(running);
    Consumer consumer =
        lab.consumeWith(messaging, builder -> builder.concurrency(1).maxInFlight(10).handler(seen));
    for (int i = 0; i < 6; i++) {
      messaging.producer().publish(lab.message("k" + i, "v" + i));
    }
    running.awaitEntered();
    lab.await("all are held", () -> messaging.counters().of(lab.topic(), lab.group()).held() == 6);
    consumer.pause();
    running.release();
    lab.await(
        "what ran is settled",
        () -> messaging.counters().of(lab.topic(), lab.group()).acked() == 1);
    lab.pass(lab.broker().sessionTimeout().plusSeconds(1));
    assertThat(seen.runs()).as("runs while it is paused, and the one before").hasSize(1);

    consumer.resume();

    lab.await(6, seen);
    assertThat(lab.untilSentinel(messaging, seen)).hasSize(6);
    assertThat(seen.runs()).extracting(Recorder.Run::attempt).containsOnly(1);
  }

  /**
   * C04.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("fault")
  @DisplayName("C04 a pause survives a reconnect")
  default void pause_survives(Lab lab) {
    Control.Cut cut = lab.control(Control.Cut.class);
    Messaging messaging = lab.open();
    Recorder seen = new Recorder();
    Consumer consumer = lab.consume(messaging, seen);
    messaging.producer().publish(lab.message("before"));
    lab.await(1, seen);
    consumer.pause();

    cut.cut();
    for (int i = 0; i < 10; i++) {
      int number = i;
      lab.run("publishing", () -> messaging.producer().publish(lab.message("paused" + number)));
    }
    lab.pass(Duration.ofSeconds(1));
    assertThat(seen.texts()).containsExactly("before");
    assertThat(consumer.state()).isEqualTo(ConsumerState.PAUSED);

    consumer.resume();
    lab.await(11, seen);
  }

  /**
   * C04.
   *
   * @param lab what this test works with
   */
  @Test
  @DisplayName("C04 a pause survives another member that comes and goes")
  default void pause_survives_members(Lab lab) {
    Messaging messaging = lab.open();
    Recorder seen = new Recorder();
    Recorder others = new Recorder();
    Consumer consumer = lab.consume(messaging, seen);
    messaging.producer().publish(lab.message("before"));
    lab.await(1, seen);
    consumer.pause();

    Consumer other = lab.consume(lab.open(), others);
    int sent = publish(lab, messaging, "with another");
    lab.await("the other has some", () -> !others.runs().isEmpty());
    lab.stop(other, Duration.ofSeconds(10));
    sent += publish(lab, messaging, "alone");
    lab.pass(Duration.ofSeconds(1));
    assertThat(seen.texts()).as("runs while it is paused").containsExactly("before");
    assertThat(consumer.state()).isEqualTo(ConsumerState.PAUSED);

    consumer.resume();
    int all = 1 + sent;
    lab.await("all", Lab.RECOVERY, () -> seen.runs().size() + others.runs().size() == all);
  }

  /** A message of each of so many keys that every member of a group has some. */
  private static int publish(Lab lab, Messaging messaging, String text) {
    int keys = 20;
    for (int key = 0; key < keys; key++) {
      Message message = lab.message("k" + key, text);
      lab.run("publishing", () -> messaging.producer().publish(message));
    }
    return keys;
  }

  /**
   * C08, C09.
   *
   * @param lab what this test works with
   */
  @Test
  @DisplayName(
      "C08 C09 stop before start, double start, double stop, stop in a handler, start again: defined, no deadlock")
  default void odd_calls(Lab lab) {
    Messaging messaging = lab.open();
    AtomicReference<@Nullable Consumer> self = new AtomicReference<>();
    CompletableFuture<DrainReport> inside = new CompletableFuture<>();
    Recorder seen =
        new Recorder(
            m -> {
              if (Lab.text(m).equals("stop")) {
                Consumer own = Objects.requireNonNull(self.get());
                inside.complete(own.stop(Duration.ofSeconds(5)));
              }
            });
    Consumer consumer = messaging.consumer(lab.topic()).group(lab.group()).handler(seen).build();
    self.set(consumer);
    assertThat(lab.stop(consumer, Duration.ofSeconds(1)).received()).isZero();
    assertThat(consumer.state()).as("state before start").isEqualTo(ConsumerState.NEW);
    lab.run("starting", consumer::start);
    lab.started(consumer);
    messaging.producer().publish(lab.message("stop"));
    lab.await("stopped from inside", () -> consumer.state() == ConsumerState.STOPPED);
    assertThat(inside).isCompleted();
    lab.stop(consumer, Duration.ofSeconds(1));
    lab.started(consumer);
    messaging.producer().publish(lab.message("again"));
    lab.await(2, seen);
    assertThat(lab.untilSentinel(messaging, seen)).containsExactly("stop", "again");
    lab.await(
        "all are acked", () -> messaging.counters().of(lab.topic(), lab.group()).acked() == 3);
  }

  /**
   * C11.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("count")
  @DisplayName("C11 after close no thread, connection or temporary object remains")
  default void nothing_remains(Lab lab) {
    Optional<Control.Connections> connections = lab.part(Control.Connections.class);
    // Those of earlier tests may still be closing; counted here, they would have to stay.
    connections.ifPresent(
        control -> lab.await("no connection of earlier tests", () -> control.connections() == 0));
    // The first of all starts threads that the JVM or a client shares among all that follow.
    useAndClose(lab, lab.application("first"));
    String application = lab.application("leak");
    // Whatever it starts is of this group, also what a client starts by itself.
    ThreadGroup group = new ThreadGroup(application);

    Beside.join(Beside.run(group, () -> useAndClose(lab, application)));

    lab.await(
        "no threads of " + application,
        () ->
            Thread.getAllStackTraces().keySet().stream()
                .noneMatch(t -> t.isAlive() && t.getName().contains(application)));
    lab.await("no threads that it or a client started", () -> group.activeCount() == 0);
    connections.ifPresent(
        control -> lab.await("no connection remains", () -> control.connections() == 0));
    lab.part(Control.Inventory.class)
        .ifPresent(objects -> lab.await("no temporary object", () -> objects.temporary() == 0));
  }

  /** A connection that does all that starts threads. */
  private static void useAndClose(Lab lab, String application) {
    Messaging messaging = lab.open("application", application);
    if (lab.has(Capability.REQUEST)) {
      lab.consumeWith(
          messaging, builder -> builder.concurrency(4).replyHandler(r -> r.reply().build()));
      lab.join(
          lab.call(
              "asking",
              () -> messaging.requester().request(lab.message("v"), Duration.ofSeconds(20))));
    }
    if (lab.has(Capability.BROADCAST)) {
      lab.started(messaging.consumer(lab.topic()).broadcast().handler(m -> {}).build());
    }
    lab.close(messaging, Duration.ofSeconds(10));
    lab.close(messaging, Duration.ofSeconds(10));
  }
}
