package dev.missive.testkit.contract;

import dev.missive.Consumer;
import dev.missive.ConsumerState;
import dev.missive.DrainReport;
import dev.missive.Messaging;
import dev.missive.Outcome;
import dev.missive.ReceivedMessage;
import dev.missive.testkit.FakeHandler;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/**
 * A stop under load, after so many runs. One that meets runs keeps those that follow waiting until
 * it has begun, so that it finds some that run and some that have not run yet; another comes
 * whenever it comes. Thread-safe.
 */
final class RandomStop {
  /** More than run at once. */
  private static final int HELD = 10;

  private final Lab lab;
  private final Set<String> handled;
  private final int runs;
  private final boolean meetsRuns;
  private final AtomicInteger begun = new AtomicInteger();
  private final FakeHandler.Blocking gate = FakeHandler.blocking();

  RandomStop(Lab lab, Set<String> handled, int runs, boolean meetsRuns) {
    this.lab = lab;
    this.handled = handled;
    this.runs = runs;
    this.meetsRuns = meetsRuns;
  }

  /** Some messages fail the first time; batches are acknowledged whole. */
  UnaryOperator<Consumer.Builder> handlers(boolean batch) {
    return builder -> {
      builder.concurrency(3);
      return batch
          ? builder.batchHandler(
              20,
              Duration.ofMillis(3),
              all -> {
                begin(all);
                all.forEach(m -> handled.add(m.id()));
                return Collections.nCopies(all.size(), Outcome.ack());
              })
          : builder.handler(
              m -> {
                begin(List.of(m));
                if (m.attempt() == 1 && m.id().hashCode() % 5 == 0) {
                  throw new IllegalStateException("first");
                }
                handled.add(m.id());
              });
    };
  }

  private void begin(List<ReceivedMessage> all) throws InterruptedException {
    if (begun.addAndGet(all.size()) > runs && meetsRuns) {
      gate.handle(all.get(0));
    }
  }

  /** Waits for the runs and stops; whoever runs then may finish. */
  DrainReport of(Messaging messaging, Consumer consumer) {
    lab.await(runs + " runs", () -> begun.get() >= runs);
    if (meetsRuns) {
      gate.awaitEntered();
      lab.await(
          "more than can run",
          () -> messaging.counters().of(lab.topic(), lab.group()).held() >= HELD);
    }
    CompletableFuture<DrainReport> stopping = new CompletableFuture<>();
    Lab.background(() -> stopping.complete(consumer.stop(Duration.ofSeconds(10))))
        .whenComplete((ended, failure) -> fail(stopping, failure));
    lab.await("it is stopping", () -> consumer.state() != ConsumerState.RUNNING);
    if (meetsRuns) {
      gate.release();
    }
    return lab.join(stopping);
  }

  private static void fail(CompletableFuture<DrainReport> stopping, Throwable failure) {
    if (failure != null) {
      stopping.completeExceptionally(failure);
    }
  }
}
