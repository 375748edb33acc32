package dev.missive.core.consume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Consumer;
import dev.missive.Messaging;
import dev.missive.core.HookedProvider;
import dev.missive.spi.DeliveryListener;
import dev.missive.testkit.VirtualTime;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * What was on its way when its consumer was paused, on a broker that lets nobody hold it for ever.
 */
final class PausedArrivalTest {
  private final VirtualTime time = new VirtualTime();
  private final AtomicInteger runs = new AtomicInteger();
  private volatile @Nullable DeliveryListener listener;

  @Test
  void it_goes_back_where_a_delivery_cannot_be_held_for_ever() {
    assertThat(pausedThenDelivered("30m").released).isTrue();
    assertThat(runs).hasValue(0);
  }

  @Test
  void it_waits_for_resume_where_it_may() {
    assertThat(pausedThenDelivered("0s").released).isFalse();
    assertThat(runs).hasValue(1);
  }

  /** Resumes at the end. */
  private Taken pausedThenDelivered(String longestHold) {
    try (Messaging messaging =
        Messaging.builder()
            .settings(
                Map.of(
                    "broker",
                    HookedProvider.NAME,
                    "memory.name",
                    "paused-" + System.nanoTime(),
                    "memory.longest-hold",
                    longestHold))
            .providers(new HookedProvider(this::answer))
            .time(time)
            .open()) {
      Consumer consumer =
          messaging.consumer("t").group("g").handler(message -> runs.incrementAndGet()).build();
      consumer.start();
      consumer.ready().toCompletableFuture().join();
      consumer.pause();
      Taken late = new Taken("late", 0);

      Objects.requireNonNull(listener).delivered(late, false);
      time.settle();
      consumer.resume();
      time.settle();
      return late;
    }
  }

  private @Nullable Object answer(String call, Object[] arguments, HookedProvider.Real real)
      throws Throwable {
    if (call.equals("subscribe")) {
      listener = (DeliveryListener) arguments[1];
    }
    return real.call();
  }
}
