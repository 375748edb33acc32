package dev.missive.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class VirtualTimeTest {
  private final VirtualTime time = new VirtualTime();

  @Test
  void tasks_fire_in_order_at_their_instant() {
    Instant start = time.now();
    List<String> fired = new CopyOnWriteArrayList<>();
    for (int seconds : new int[] {3, 1, 2, 1}) {
      time.schedule(
          Duration.ofSeconds(seconds),
          () -> fired.add(seconds + "@" + Duration.between(start, time.now()).toSeconds()));
    }
    time.advance(Duration.ofSeconds(2));
    assertThat(fired).containsExactly("1@1", "1@1", "2@2");
    assertThat(time.pending()).isEqualTo(1);
    assertThat(time.now()).isEqualTo(start.plusSeconds(2));
  }

  @Test
  void a_task_may_schedule_another_within_the_same_advance() {
    List<Long> fired = new CopyOnWriteArrayList<>();
    time.schedule(
        Duration.ofSeconds(1),
        () -> time.schedule(Duration.ofSeconds(1), () -> fired.add(time.nanos())));
    time.advance(Duration.ofSeconds(5));
    assertThat(fired).containsExactly(2_000_000_000L);
  }

  @Test
  void cancelled_tasks_do_not_fire_and_due_ones_run_on_no_callers_thread() {
    List<Thread> threads = new CopyOnWriteArrayList<>();
    time.schedule(Duration.ofSeconds(1), () -> threads.add(Thread.currentThread())).run();
    time.schedule(Duration.ZERO, () -> threads.add(Thread.currentThread()));
    time.advance(Duration.ofSeconds(2));
    assertThat(threads).hasSize(1).doesNotContain(Thread.currentThread());
  }

  @Test
  void advance_waits_for_whoever_is_busy() {
    AtomicBoolean busy = new AtomicBoolean();
    AtomicLong done = new AtomicLong();
    time.watch(() -> busy.get() ? -1 : done.get());
    time.schedule(
        Duration.ofSeconds(1),
        () -> {
          busy.set(true);
          new Thread(
                  () -> {
                    for (int i = 0; i < 100_000; i++) {
                      done.incrementAndGet();
                    }
                    busy.set(false);
                  })
              .start();
        });
    time.advance(Duration.ofSeconds(1));
    assertThat(done.get()).isEqualTo(100_000);
    assertThatThrownBy(() -> time.advance(Duration.ofSeconds(-1)))
        .hasMessageContaining("backwards");
  }
}
