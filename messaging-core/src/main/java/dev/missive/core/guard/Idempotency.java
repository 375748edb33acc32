package dev.missive.core.guard;

import static java.util.Objects.requireNonNull;

import dev.missive.ErrorCode;
import dev.missive.IdempotencyStore;
import dev.missive.IdempotencyStore.Claim;
import dev.missive.Interceptor;
import dev.missive.MessagingException;
import dev.missive.Outcome;
import dev.missive.ReceivedMessage;
import dev.missive.core.connect.Await;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Runs a handler once per message id, although the message may be delivered more than once.
 * Immutable, thread-safe.
 *
 * <p>Before the run the id is claimed in an {@link IdempotencyStore}. An id that was handled is
 * acknowledged without a run. One that is being handled right now is retried later, which counts as
 * an attempt. Only {@code ack} is a success; after any other outcome the claim is given up and the
 * next attempt runs.
 *
 * <p>If the store fails the run fails and is retried; a message is never skipped because of it. A
 * success that could not be recorded is therefore repeated.
 *
 * <p>Ids are remembered per topic and group, because brokers that make ids themselves make them
 * unique within a topic only. Broadcasts have no group and pass.
 *
 * <pre>{@code
 * Messaging.builder().interceptors(Idempotency.with(MemoryIdempotencyStore.create())).open();
 * }</pre>
 *
 * @since 0.1
 */
public final class Idempotency implements Interceptor {
  private static final Logger LOG = System.getLogger("dev.missive.guard");
  private static final Duration WINDOW = Duration.ofHours(24);
  private static final Duration BUSY_WAIT = Duration.ofSeconds(10);
  private static final int MOST_DOUBLINGS = 10;

  private final IdempotencyStore store;
  private final Duration window;
  private final Duration busyWait;

  private Idempotency(IdempotencyStore store, Duration window, Duration busyWait) {
    this.store = store;
    this.window = window;
    this.busyWait = busyWait;
  }

  /**
   * With this store.
   *
   * @param store remembers; one store may serve many groups and connections
   * @return successes are remembered for 24 h; a duplicate of a running message waits 10 s, then
   *     twice as long each time
   */
  public static Idempotency with(IdempotencyStore store) {
    return new Idempotency(requireNonNull(store, "store"), WINDOW, BUSY_WAIT);
  }

  /**
   * Changes for how long a success is remembered.
   *
   * @param time more than zero
   * @return a changed copy
   * @throws MessagingException {@link ErrorCode#CONFIG_INVALID} if it is not more than zero
   */
  public Idempotency window(Duration time) {
    return new Idempotency(store, positive("window", time), busyWait);
  }

  /**
   * Changes how long a duplicate waits while the message is being handled; it doubles with each
   * attempt. The waits of all attempts together should be longer than a run, else the duplicate
   * ends as a dead letter.
   *
   * @param time more than zero
   * @return a changed copy
   * @throws MessagingException {@link ErrorCode#CONFIG_INVALID} if it is not more than zero
   */
  public Idempotency busyWait(Duration time) {
    return new Idempotency(store, window, positive("busyWait", time));
  }

  @Override
  public CompletionStage<Outcome> aroundHandle(ReceivedMessage message, HandleStep next)
      throws Exception {
    if (message.group() == null) {
      return next.proceed(message);
    }
    String group = message.topic() + "." + message.group();
    String id = message.id();
    return switch (claim(group, id)) {
      case DONE -> CompletableFuture.completedFuture(Outcome.ack());
      case BUSY ->
          CompletableFuture.completedFuture(
              Outcome.retryAfter(
                  busyWait.multipliedBy(1L << Math.min(message.attempt() - 1, MOST_DOUBLINGS))));
      case MINE -> run(group, id, message, next);
    };
  }

  /**
   * Waits for the store, here and now: the handler belongs on this thread, not on one of the
   * store's.
   */
  private Claim claim(String group, String id) throws Exception {
    CompletableFuture<Claim> answer = begin(group, id).toCompletableFuture();
    try {
      return requireNonNull(answer.get(), "the store's claim");
    } catch (ExecutionException e) {
      // Not given up: it may be somebody else's.
      throw unavailable("claim", Await.cause(e));
    } catch (InterruptedException e) {
      answer.thenAccept(
          late -> {
            if (late == Claim.MINE) {
              giveUp(group, id);
            }
          });
      throw e;
    }
  }

  private CompletionStage<Claim> begin(String group, String id) {
    try {
      return requireNonNull(store.begin(group, id, window), "the store's stage");
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private CompletionStage<Outcome> run(
      String group, String id, ReceivedMessage message, HandleStep next) {
    CompletionStage<Outcome> stage;
    try {
      stage = requireNonNull(next.proceed(message), "the step behind the idempotency store");
    } catch (Throwable e) {
      stage = CompletableFuture.failedFuture(e);
    }
    CompletableFuture<Outcome> result = new CompletableFuture<>();
    stage.whenComplete(
        (outcome, error) -> {
          if (error == null && outcome instanceof Outcome.Ack) {
            succeed(group, id, result);
          } else {
            giveUp(group, id).whenComplete((nothing, lost) -> pass(result, outcome, error));
          }
        });
    return result;
  }

  /** The message is acknowledged after its success was recorded. */
  private void succeed(String group, String id, CompletableFuture<Outcome> result) {
    CompletionStage<Void> recorded;
    try {
      recorded = requireNonNull(store.succeeded(group, id), "the store's stage");
    } catch (RuntimeException e) {
      recorded = CompletableFuture.failedFuture(e);
    }
    recorded.whenComplete(
        (nothing, error) -> {
          if (error == null) {
            result.complete(Outcome.ack());
          } else {
            MessagingException failed = unavailable("record", Await.cause(error));
            giveUp(group, id).whenComplete((none, lost) -> pass(result, null, failed));
          }
        });
  }

  /** Never fails: the message is retried anyway. */
  private CompletionStage<Void> giveUp(String group, String id) {
    CompletionStage<Void> given;
    try {
      given = requireNonNull(store.failed(group, id), "the store's stage");
    } catch (RuntimeException e) {
      given = CompletableFuture.failedFuture(e);
    }
    return given.exceptionally(
        error -> {
          LOG.log(
              Level.WARNING,
              "the claim of message {0} in {1} could not be given up ({2}); until the store forgets it the message is held for being handled",
              id,
              group,
              Await.cause(error).getClass().getName());
          return null;
        });
  }

  private static void pass(
      CompletableFuture<Outcome> result, @Nullable Outcome outcome, @Nullable Throwable error) {
    if (error == null) {
      result.complete(outcome);
    } else {
      result.completeExceptionally(error);
    }
  }

  private static MessagingException unavailable(String what, Throwable cause) {
    return new MessagingException(
        ErrorCode.INTERNAL,
        "the idempotency store could not " + what + " the message; it is retried",
        cause);
  }

  private static Duration positive(String what, Duration time) {
    if (time.isNegative() || time.isZero()) {
      throw new MessagingException(
          ErrorCode.CONFIG_INVALID,
          what + " of the idempotency was " + time + " but must be more than zero");
    }
    return time;
  }
}
