package dev.missive.core.connect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.testkit.Eventually;
import dev.missive.testkit.VirtualTime;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** Somebody waits for each result, also for one that is late. */
final class SerialTest {
  private final List<Thread> made = new CopyOnWriteArrayList<>();
  private final Serial serial =
      new Serial(
          task -> {
            Thread thread = new Thread(task, "serial");
            made.add(thread);
            return thread;
          },
          new VirtualTime());

  @Test
  void what_comes_after_the_end_is_run_on_threads_that_end_again() {
    serial.execute(() -> {});
    serial.close();
    ended();

    CompletableFuture<Thread> by = new CompletableFuture<>();
    serial.execute(() -> by.complete(Thread.currentThread()));

    Eventually.await("it is run", by::isDone);
    assertThat(by.join()).isNotSameAs(Thread.currentThread());
    ended();
  }

  @Test
  void what_comes_while_it_ends_is_run_in_order() {
    int tasks = 5_000;
    List<Integer> ran = new CopyOnWriteArrayList<>();
    for (int i = 0; i < tasks; i++) {
      int number = i;
      serial.execute(() -> ran.add(number));
      if (i == 10) {
        serial.close();
      }
    }

    Eventually.await("all are run", () -> ran.size() == tasks);
    assertThat(ran).isSorted();
    ended();
  }

  private void ended() {
    Eventually.await("its threads end", () -> made.stream().noneMatch(Thread::isAlive));
  }
}
