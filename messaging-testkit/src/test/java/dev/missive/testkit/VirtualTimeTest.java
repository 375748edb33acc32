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

  @Test
  void await_moves_the_clock_until_it_is_so() {
    AtomicBoolean fired = new AtomicBoolean();
    time.schedule(Duration.ofSeconds(2), () -> fired.set(true));
    Instant start = time.now();

    time.await("the task", Duration.ofSeconds(10), fired::get);

    assertThat(time.now()).isBetween(start.plusSeconds(2), start.plusMillis(2010));
  }

  @Test
  void await_fails_with_what_it_saw_when_the_time_is_over() {
    VirtualTime hasty = new VirtualTime(Duration.ofMillis(1));
    Instant start = hasty.now();

    assertThatThrownBy(() -> hasty.await("a miracle", Duration.ofSeconds(3), () -> false))
        .isInstanceOf(AssertionError.class)
        .isNotInstanceOf(Eventually.Expired.class)
        .hasMessageContaining("a miracle");
    assertThat(hasty.now()).isEqualTo(start.plusSeconds(3));
  }

  @Test
  void a_wait_in_real_time_says_that_it_expired() {
    assertThatThrownBy(() -> Eventually.await("a miracle", Duration.ofMillis(1), () -> false))
        .isInstanceOf(Eventually.Expired.class);
  }
}
