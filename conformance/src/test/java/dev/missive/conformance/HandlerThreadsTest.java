package dev.missive.conformance;

import static dev.missive.conformance.Lab.consume;
import static dev.missive.conformance.Lab.message;
import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Messaging;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;

/** On which threads handlers run. */
final class HandlerThreadsTest {
  private final Lab lab = new Lab();

  @AfterEach
  void close() {
    lab.close();
  }

  @Test
  @EnabledForJreRange(min = JRE.JAVA_21, disabledReason = "this JVM has no virtual threads")
  void handlers_run_on_virtual_threads() throws ReflectiveOperationException {
    Thread thread = threadOfAHandler();
    assertThat((Boolean) Thread.class.getMethod("isVirtual").invoke(thread)).isTrue();
  }

  @Test
  @EnabledForJreRange(max = JRE.JAVA_20, disabledReason = "this JVM has virtual threads")
  void handlers_run_on_daemon_threads() {
    assertThat(threadOfAHandler().isDaemon()).isTrue();
  }

  private Thread threadOfAHandler() {
    Messaging messaging = lab.open();
    CompletableFuture<Thread> thread = new CompletableFuture<>();
    consume(messaging, m -> thread.complete(Thread.currentThread()));
    messaging.producer().publish(message("a", "x"));
    lab.await("a run", thread::isDone);
    assertThat(thread.join().getName()).startsWith("missive-");
    return thread.join();
  }
}
