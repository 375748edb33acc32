package dev.missive.core.connect;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.spi.Time;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;

/** Waits for stages on the runtime's clock. */
public final class Await {
  private Await() {}

  /**
   * Whether the stage completed, normally or not, in time.
   *
   * @param stage what to wait for
   * @param atMost how long
   * @param time the clock
   * @return false if the time ran out or the caller was interrupted (its flag is then set)
   */
  public static boolean completed(CompletionStage<?> stage, Duration atMost, Time time) {
    CompletableFuture<Boolean> done = new CompletableFuture<>();
    stage.whenComplete((value, error) -> done.complete(true));
    if (done.isDone()) {
      return true;
    }
    Runnable cancel = time.schedule(atMost, () -> done.complete(false));
    try {
      return done.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    } finally {
      cancel.run();
    }
  }

  /**
   * The result of a stage.
   *
   * @param stage what to wait for
   * @param limit how long
   * @param time the clock
   * @param what named in the error when it takes too long
   * @param <T> the type of the result
   * @return the result
   * @throws MessagingException what the stage failed with, or BROKER_UNREACHABLE when the time ran
   *     out
   */
  public static <T> T result(CompletionStage<T> stage, Limit limit, Time time, String what) {
    if (!completed(stage, limit.atMost(), time)) {
      throw new MessagingException(
          ErrorCode.BROKER_UNREACHABLE,
          what
              + " got no answer from the broker within "
              + limit.atMost().toMillis()
              + " ms. Is it up? "
              + limit.setting()
              + " is how long to wait");
    }
    try {
      return stage.toCompletableFuture().join();
    } catch (CompletionException e) {
      throw unwrap(e);
    }
  }

  /**
   * Refuses a timeout that is over before it begins.
   *
   * @param timeout how long something may take
   * @param what it is the timeout of
   */
  public static void requireNotNegative(Duration timeout, String what) {
    if (timeout.isNegative()) {
      throw new MessagingException(
          ErrorCode.CONFIG_INVALID,
          "the timeout of " + what + " was " + timeout + " but must not be negative");
    }
  }

  /**
   * The error behind the wrappers of {@link CompletableFuture}, as one of ours.
   *
   * @param error any error
   * @return the same if it is ours, else INTERNAL around it
   */
  public static MessagingException unwrap(Throwable error) {
    Throwable cause = cause(error);
    return cause instanceof MessagingException ours
        ? ours
        : new MessagingException(
            ErrorCode.INTERNAL, "unexpected " + cause.getClass().getName(), cause);
  }

  /**
   * The error behind the wrappers of {@link CompletableFuture}.
   *
   * @param error any error
   * @return what was thrown first
   */
  public static Throwable cause(Throwable error) {
    Throwable cause = error;
    while ((cause instanceof CompletionException || cause instanceof ExecutionException)
        && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }
}
