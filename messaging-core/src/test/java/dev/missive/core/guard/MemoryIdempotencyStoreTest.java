package dev.missive.core.guard;

import static dev.missive.IdempotencyStore.Claim.BUSY;
import static dev.missive.IdempotencyStore.Claim.DONE;
import static dev.missive.IdempotencyStore.Claim.MINE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.IdempotencyStore.Claim;
import dev.missive.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

final class MemoryIdempotencyStoreTest {
  private static final String GROUP = "orders.billing";
  private static final Duration WINDOW = Duration.ofMinutes(1);

  private final VirtualTime time = new VirtualTime();
  private MemoryIdempotencyStore store = MemoryIdempotencyStore.create().time(time);

  private Claim begin(String id) {
    return begin(GROUP, id, WINDOW);
  }

  private Claim begin(String group, String id, Duration window) {
    return store.begin(group, id, window).toCompletableFuture().join();
  }

  private void handled(String id) {
    assertThat(begin(id)).isEqualTo(MINE);
    store.succeeded(GROUP, id).toCompletableFuture().join();
  }

  @Test
  void a_claim_is_mine_then_busy_then_done() {
    assertThat(begin("1")).isEqualTo(MINE);
    assertThat(begin("1")).isEqualTo(BUSY);
    store.succeeded(GROUP, "1");
    assertThat(begin("1")).isEqualTo(DONE);
    assertThat(begin("other.group", "1", WINDOW)).isEqualTo(MINE);
    assertThat(begin("2")).isEqualTo(MINE);
  }

  @Test
  void a_claim_that_was_given_up_is_free_again() {
    begin("1");
    store.failed(GROUP, "1");
    assertThat(begin("1")).isEqualTo(MINE);
  }

  @Test
  void a_success_without_a_claim_is_not_recorded() {
    store.succeeded(GROUP, "1");
    assertThat(begin("1")).isEqualTo(MINE);
  }

  @Test
  void a_success_is_forgotten_at_the_end_of_its_window_and_not_before() {
    begin("1");
    time.advance(WINDOW.multipliedBy(3));
    assertThat(begin("1")).as("running, however long").isEqualTo(BUSY);
    store.succeeded(GROUP, "1");

    time.advance(WINDOW.minusNanos(1));
    assertThat(begin("1")).isEqualTo(DONE);
    time.advance(Duration.ofNanos(1));
    assertThat(begin("1")).isEqualTo(MINE);
  }

  @Test
  void what_is_over_takes_no_room() {
    handled("1");
    handled("2");
    time.advance(WINDOW);
    begin("3");
    assertThat(store.size()).isEqualTo(1);
  }

  @Test
  void a_longer_window_in_front_does_not_hide_what_is_over() {
    assertThat(begin(GROUP, "long", WINDOW.multipliedBy(2))).isEqualTo(MINE);
    store.succeeded(GROUP, "long");
    handled("short");
    time.advance(WINDOW);
    assertThat(begin("short")).isEqualTo(MINE);
    assertThat(begin("long")).isEqualTo(DONE);
  }

  @Test
  void full_it_forgets_the_first_finished_and_never_a_running_one() {
    store = store.capacity(2);
    begin("running");
    handled("1");
    handled("2");
    handled("3");

    assertThat(store.size()).isEqualTo(3);
    assertThat(begin("running")).isEqualTo(BUSY);
    assertThat(begin("3")).isEqualTo(DONE);
    assertThat(begin("2")).isEqualTo(DONE);
    assertThat(begin("1")).isEqualTo(MINE);
    assertThatThrownBy(() -> store.capacity(0)).hasMessageContaining("must be at least 1");
  }

  @Test
  void of_many_threads_one_gets_the_claim() throws InterruptedException {
    ConcurrentLinkedQueue<Claim> claims = new ConcurrentLinkedQueue<>();
    CountDownLatch start = new CountDownLatch(1);
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      Thread thread =
          new Thread(
              () -> {
                try {
                  start.await();
                } catch (InterruptedException e) {
                  return;
                }
                claims.add(begin("1"));
              });
      thread.start();
      threads.add(thread);
    }
    start.countDown();
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(claims).hasSize(16).containsOnlyOnce(MINE);
  }
}
