package dev.missive.conformance;

import static dev.missive.conformance.Lab.GROUP;
import static dev.missive.conformance.Lab.TOPIC;
import static dev.missive.conformance.Lab.consume;
import static dev.missive.conformance.Lab.consumeWith;
import static dev.missive.conformance.Lab.message;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.*;
import dev.missive.testkit.history.History;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.*;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Clauses Z15, Z19, Z20 and Z30. */
public interface LifeRuntimeClauses extends Clauses {
  @Test
  @DisplayName(
      "Z15 the responder's failure reaches the caller as MSG-REMOTE-FAILED with its class name")
  default void remote_failure() {
    Messaging messaging = lab().open();
    consumeWith(
        messaging,
        builder ->
            builder.replyHandler(
                request -> {
                  throw new UnsupportedOperationException("payload-canary");
                }));
    assertThatThrownBy(
            () ->
                messaging
                    .requester()
                    .request(message("k", "x"), Duration.ofSeconds(10))
                    .toCompletableFuture()
                    .join())
        .hasMessageContaining("MSG-REMOTE-FAILED")
        .hasMessageContaining("java.lang.UnsupportedOperationException")
        .hasMessageNotContaining("payload-canary");
  }

  @Test
  @DisplayName("Z19 a health call answers at once while the broker hangs")
  default void health_hung() {
    Messaging messaging = lab().open();
    consume(messaging, m -> {});
    lab().broker.hang();
    lab().time.settle();
    // The first calls load classes, for which they may wait.
    Effort.of(messaging::health, 20);
    // Not by the clock: a busy machine may let any of them wait, and none of them may wait by
    // itself.
    Effort all = Effort.of(messaging::health, 20);
    assertThat(all.waits()).as("how often 20 calls of health waited").isZero();
    assertThat(all.longest())
        .as("how long one of them was busy")
        .isLessThan(Duration.ofMillis(100));
  }

  @Test
  @DisplayName("Z20 counters say what publishers and handlers saw")
  default void history() {
    Messaging messaging = lab().open();
    History history = new History();
    Handler handler =
        m -> {
          switch (new String(m.payload())) {
            case "hopeless" -> throw new NotRetryableException("never");
            case "fails once" -> {
              if (m.attempt() == 1) {
                throw new IllegalStateException("first");
              }
            }
            default -> {}
          }
        };
    consume(messaging, history.recording(GROUP, handler));
    List<String> texts = List.of("good", "fails once", "hopeless");
    for (int i = 0; i < 30; i++) {
      Message message = message("k" + i % 7, texts.get(i % 3));
      history.sent(message);
      messaging.producer().publish(message);
      history.stored(message.id());
    }
    assertThatThrownBy(() -> messaging.producer().publish(Message.of("lab.none", new byte[1])))
        .isInstanceOf(PublishException.class);
    lab()
        .await(
            "all settled",
            () ->
                history.runs(GROUP) == 40
                    && messaging.counters().of(TOPIC, GROUP).deadLettered() == 10
                    && messaging.counters().of(TOPIC, GROUP).held() == 0);

    Counters.Subscription counts = messaging.counters().of(TOPIC, GROUP);
    long failed = history.failedRuns(GROUP);
    assertThat(failed).as("runs that failed").isEqualTo(20);
    assertThat(counts.runs()).as("runs").isEqualTo(history.runs(GROUP));
    assertThat(counts.failedRuns()).as("failed runs").isEqualTo(failed);
    assertThat(counts.acked()).as("acked").isEqualTo(history.runs(GROUP) - failed);
    Counters.Publishing published = messaging.counters().publishing();
    assertThat(published.stored()).as("stored").isEqualTo(30);
    assertThat(published.failed()).as("failed").isEqualTo(1);
    assertThat(published.accepted()).as("accepted").isEqualTo(31);
    assertThat(published.inFlight()).as("in flight").isZero();
  }

  @Test
  @DisplayName(
      "Z20 the drain equation holds for a stop at a random moment, 200 times, and at every snapshot")
  default void equation() {
    Messaging messaging = lab().open("memory.wait-in-process", "1s");
    messaging.topology().declare(TOPIC, GROUP);
    Set<String> handled = ConcurrentHashMap.newKeySet();
    Set<String> sent = ConcurrentHashMap.newKeySet();
    Random random = new Random(42);
    AtomicBoolean running = new AtomicBoolean(true);
    Thread load =
        new Thread(
            () -> {
              for (int i = 0; running.get(); i++) {
                // However slow the machine is, the rest must be handled at the end.
                while (running.get() && sent.size() - handled.size() > 1000) {
                  LockSupport.parkNanos(1_000_000);
                }
                sent.add(messaging.producer().publish(message("k" + i % 10, "v")).id());
              }
            });
    load.start();
    for (int i = 0; i < 200; i++) {
      boolean batch = i % 4 == 0;
      Consumer consumer =
          consumeWith(
              messaging,
              builder -> {
                builder.concurrency(3);
                return batch
                    ? builder.batchHandler(
                        20,
                        Duration.ofMillis(3),
                        all -> {
                          all.forEach(m -> handled.add(m.id()));
                          return Collections.nCopies(all.size(), Outcome.ack());
                        })
                    : builder.handler(
                        m -> {
                          if (m.attempt() == 1 && m.id().hashCode() % 5 == 0) {
                            throw new IllegalStateException("first");
                          }
                          handled.add(m.id());
                        });
              });
      int spin = random.nextInt(20_000);
      for (int n = 0; n < spin; n++) {
        Thread.onSpinWait();
      }
      for (Counters.Subscription s : messaging.counters().subscriptions()) {
        assertThat(s.received())
            .as(s.toString())
            .isEqualTo(
                s.acked()
                    + s.retried()
                    + s.deadLettered()
                    + s.dropped()
                    + s.returned()
                    + s.abandoned()
                    + s.held());
      }
      DrainReport report = consumer.stop(Duration.ofSeconds(10));
      assertThat(report.complete()).as(report.toString()).isTrue();
      assertThat(report.deadLettered()).isZero();
    }
    running.set(false);
    lab().await("load ends", () -> !load.isAlive());
    consume(messaging, m -> handled.add(m.id()));
    lab().await("everything handled", () -> handled.containsAll(sent));
  }

  @Test
  @DisplayName(
      "Z30 what exists differently is named by plan and start, and nothing changes; plan and apply are idempotent")
  default void mismatch() {
    Messaging messaging = lab().open();
    Topology.Plan plan = Topology.Plan.empty().group(TOPIC, GROUP);
    assertThat(messaging.topology().plan(plan))
        .extracting(Topology.Difference::kind)
        .containsOnly(Topology.Difference.Kind.MISSING);
    assertThat(lab().broker.hasTopic(TOPIC)).as("whether the plan made the topic").isFalse();
    messaging.topology().apply(plan);
    messaging.topology().apply(plan);
    assertThat(messaging.topology().plan(plan)).isEmpty();

    Topology.Plan other = Topology.Plan.empty().with(new Topology.Entry(TOPIC, GROUP, true, null));
    assertThat(messaging.topology().plan(other))
        .containsExactly(
            new Topology.Difference(
                "group billing of " + TOPIC,
                "keyOrder",
                "true",
                "false",
                Topology.Difference.Kind.DIFFERENT));
    Consumer consumer =
        messaging.consumer(TOPIC).group(GROUP).ordering(Ordering.KEY).handler(m -> {}).build();
    assertThatThrownBy(consumer::start)
        .hasMessageContaining("MSG-TOPOLOGY-MISMATCH")
        .hasMessageContaining("keyOrder")
        .hasMessageContaining("want true")
        .hasMessageContaining("have false");
    assertThat(consumer.state()).isEqualTo(ConsumerState.FAILED);
    assertThat(messaging.topology().plan(plan)).isEmpty();
  }
}
