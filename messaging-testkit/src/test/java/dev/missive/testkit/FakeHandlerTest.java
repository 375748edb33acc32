package dev.missive.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.testkit.FakeHandler.Blocking;
import java.lang.Thread.State;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** What a virtual clock relies on, which takes a thread that waits for one that has no work. */
final class FakeHandlerTest {
  private static final int THREADS = 20;

  @Test
  void those_that_were_let_go_run_when_release_returns() throws Exception {
    Blocking handler = FakeHandler.blocking();
    CountDownLatch end = new CountDownLatch(1);
    List<Thread> inside = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      inside.add(new Thread(() -> handle(handler, end)));
    }
    inside.forEach(Thread::start);
    for (Thread thread : inside) {
      Eventually.await("inside", () -> thread.getState() == State.WAITING);
    }

    handler.release();

    assertThat(inside).extracting(Thread::getState).doesNotContain(State.WAITING);
    end.countDown();
    for (Thread thread : inside) {
      thread.join();
    }
  }

  /** Spins after it was let go, so that only the wait inside the handler is one. */
  private static void handle(Blocking handler, CountDownLatch end) {
    boolean failed = false;
    try {
      handler.handle(null);
    } catch (Exception e) {
      failed = true;
    }
    while (!failed && end.getCount() > 0) {
      Thread.onSpinWait();
    }
  }
}
