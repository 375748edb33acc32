package dev.missive.kafka;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.KafkaFuture;

/** Waiting for futures, on threads that may block. */
final class KafkaFutures {
  private KafkaFutures() {}

  /** Something that may block and fail. */
  interface Work<T> {
    T run() throws Exception;
  }

  /** The same without a result. */
  interface Action {
    void run() throws Exception;
  }

  /** Waits as long as the client itself does. */
  static <T> T get(KafkaFuture<T> future) throws Exception {
    try {
      return future.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Exception cause) {
        throw cause;
      }
      throw e;
    }
  }

  /** Waits for the end, whatever it is. */
  static void quietly(CompletableFuture<?> future, Duration atMost) {
    try {
      future.get(atMost.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      // Whoever waits has given up or knows already.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
