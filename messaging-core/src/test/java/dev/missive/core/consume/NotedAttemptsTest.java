package dev.missive.core.consume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Consumer;
import dev.missive.Messaging;
import dev.missive.Ordering;
import dev.missive.RetryPolicy;
import dev.missive.core.HookedProvider;
import dev.missive.spi.DeliveryListener;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.FakeHandler;
import dev.missive.testkit.VirtualTime;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * A broker that keeps the number of failed runs beside its offsets, as Kafka does, and takes a
 * message away and brings it again.
 */
final class NotedAttemptsTest {
  private static final Duration WAIT = Duration.ofSeconds(4);

  private final VirtualTime time = new VirtualTime();
  private final FakeHandler.Blocking busy = FakeHandler.blocking();
  private final List<Integer> attempts = new CopyOnWriteArrayList<>();
  private volatile @Nullable DeliveryListener listener;

  @Test
  void a_run_that_failed_before_a_rebalance_counts_once() {
    try (Messaging messaging = open()) {
      start(messaging, Ordering.KEY);
      DeliveryListener runtime = Objects.requireNonNull(listener);
      Taken first = new Taken("fails", 0);
      Taken inside = new Taken("inside", 0);

      runtime.delivered(first, false);
      time.settle();
      runtime.delivered(inside, false);
      busy.awaitEntered();
      // It falls due, and finds no free handler.
      time.advance(Duration.ofSeconds(5));
      runtime.revoking(first.epoch());
      Eventually.await("it is given back", () -> first.released);
      busy.release();
      Eventually.await("the other one is done", () -> inside.acked);
      runtime.revoked(first.epoch());
      assertThat(first.notes).hasValue(1);
      runtime.delivered(new Taken("fails", first.notes.get()), false);

      Eventually.await("it runs again", () -> attempts.size() == 2);
      assertThat(attempts).containsExactly(1, 2);
    }
  }

  /** Semantics S12: with what remains of the wait. */
  @Test
  void what_waits_in_process_goes_on_at_the_broker_when_its_partition_goes() {
    try (Messaging messaging = open()) {
      start(messaging, Ordering.NONE);
      DeliveryListener runtime = Objects.requireNonNull(listener);
      Taken waiting = new Taken("fails", 0);

      runtime.delivered(waiting, false);
      time.settle();
      time.advance(WAIT.dividedBy(2));
      runtime.revoking(waiting.epoch());
      time.settle();
      assertThat(waiting.acked).as("a copy is stored in its place").isTrue();
      runtime.revoked(waiting.epoch());

      time.advance(WAIT.dividedBy(2).minusMillis(1));
      assertThat(attempts).as("before it is due").containsExactly(1);
      time.advance(Duration.ofSeconds(1));
      assertThat(attempts).containsExactly(1, 2);
    }
  }

  private Messaging open() {
    return Messaging.builder()
        .settings(
            Map.of("broker", HookedProvider.NAME, "memory.name", "noted-" + System.nanoTime()))
        .providers(new HookedProvider(this::answer))
        .time(time)
        .open();
  }

  private void start(Messaging messaging, Ordering ordering) {
    Consumer consumer =
        messaging
            .consumer("t")
            .group("g")
            .ordering(ordering)
            .retry(RetryPolicy.exponential(WAIT, WAIT))
            .handler(
                message -> {
                  if (message.id().equals("inside")) {
                    busy.handle(message);
                    return;
                  }
                  attempts.add(message.attempt());
                  if (attempts.size() == 1) {
                    throw new IllegalStateException("fails once");
                  }
                })
            .build();
    consumer.start();
    consumer.ready().toCompletableFuture().join();
  }

  private @Nullable Object answer(String call, Object[] arguments, HookedProvider.Real real)
      throws Throwable {
    if (call.equals("subscribe")) {
      listener = (DeliveryListener) arguments[1];
    }
    return real.call();
  }
}
