package dev.missive.conformance;

import static dev.missive.conformance.Lab.GROUP;
import static dev.missive.conformance.Lab.TOPIC;
import static dev.missive.conformance.Lab.consumeWith;
import static dev.missive.conformance.Lab.message;
import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Consumer;
import dev.missive.Messaging;
import dev.missive.RetryPolicy;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Clauses Z09 and Z10: how many handlers run at once, and what they see of each other. */
public interface ConcurrencyRuntimeClauses extends Clauses {
  @Test
  @DisplayName("Z09 concurrency is a limit, and can be raised and lowered at run time")
  default void concurrency() {
    Messaging messaging = lab().open();
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    Semaphore gate = new Semaphore(0);
    Consumer consumer =
        consumeWith(
            messaging,
            builder ->
                builder
                    .concurrency(2)
                    .handler(
                        m -> {
                          most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                          gate.acquire();
                          inside.decrementAndGet();
                        }));
    for (int i = 0; i < 40; i++) {
      messaging.producer().publishAsync(message("k" + i, "v"));
    }
    lab().await("two run", () -> inside.get() == 2);
    lab().time.settle();
    assertThat(most.get()).as("most at once of two").isEqualTo(2);
    consumer.concurrency(6);
    lab().await("six run", () -> inside.get() == 6);
    lab().time.settle();
    assertThat(most.get()).as("most at once of six").isEqualTo(6);
    consumer.concurrency(1);
    most.set(0);
    gate.release(6);
    lab()
        .await(
            "one runs",
            () -> messaging.counters().of(TOPIC, GROUP).acked() == 6 && inside.get() == 1);
    gate.release(33);
    lab().await("39 done", () -> messaging.counters().of(TOPIC, GROUP).acked() == 39);
    assertThat(inside.get()).isEqualTo(1);
    assertThat(most.get()).as("most at once of one").isEqualTo(1);
    gate.release();
  }

  @Test
  @DisplayName("Z10 a plain field written in attempt 1 is read in attempt 2 and after stop")
  default void visibility() {
    Messaging messaging = lab().open("memory.wait-in-process", "1s");
    int count = 100_000;
    int portion = 1000;
    int[] plain = new int[count];
    AtomicInteger wrong = new AtomicInteger();
    Consumer consumer =
        consumeWith(
            messaging,
            builder ->
                builder
                    .concurrency(8)
                    .maxInFlight(1000)
                    .retry(RetryPolicy.exponential(Duration.ZERO, Duration.ZERO))
                    .handler(
                        m -> {
                          int index = Integer.parseInt(new String(m.payload()));
                          if (m.attempt() == 1) {
                            plain[index] = 1;
                            throw new IllegalStateException("again");
                          }
                          if (plain[index] != 1) {
                            wrong.incrementAndGet();
                          }
                          plain[index] = 2;
                        }));
    // In portions: a virtual clock waits until all that happens at one instant is over.
    for (int end = portion; end <= count; end += portion) {
      for (int i = end - portion; i < end; i++) {
        messaging.producer().publishAsync(message("k" + i, "" + i));
      }
      long all = end;
      lab().await("all handled", () -> messaging.counters().of(TOPIC, GROUP).acked() == all);
      assertThat(wrong.get()).as("runs that did not see the one before").isZero();
    }
    consumer.stop(Duration.ofSeconds(5));
    assertThat(wrong.get()).as("runs that did not see the one before").isZero();
    assertThat(plain).containsOnly(2);
  }
}
