package dev.missive.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.spi.Broker;
import dev.missive.testkit.VirtualTime;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** What the clauses about clients that die rely on. */
final class CrashTest {
  private static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(300);

  @Test
  void no_time_passes_between_the_point_and_the_death() {
    VirtualTime time = new VirtualTime();
    Crash crash = new Crash();
    time.watch(crash::activity);
    Instant before = time.now();
    AtomicReference<Instant> closed = new AtomicReference<>();
    crash.connection(
        broker(
            () -> {
              long end = System.nanoTime() + PATIENCE_NANOS;
              while (time.now().equals(before) && System.nanoTime() - end < 0) {
                Thread.onSpinWait();
              }
              closed.set(time.now());
            }));
    crash.plan(CrashPoint.AFTER_ACK);

    assertThat(crash.at(CrashPoint.AFTER_ACK)).isTrue();
    time.advance(Duration.ofSeconds(1));

    assertThat(crash.gone()).isTrue();
    assertThat(closed).hasValue(before);
  }

  /** One that can only be closed. */
  private static Broker broker(Runnable closing) {
    return (Broker)
        Proxy.newProxyInstance(
            Broker.class.getClassLoader(),
            new Class<?>[] {Broker.class},
            (proxy, method, arguments) -> {
              assertThat(method.getName()).isEqualTo("close");
              closing.run();
              return CompletableFuture.completedFuture(null);
            });
  }
}
