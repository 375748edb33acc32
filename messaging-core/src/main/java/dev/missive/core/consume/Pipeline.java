package dev.missive.core.consume;

import dev.missive.ErrorCode;
import dev.missive.Handler;
import dev.missive.Interceptor;
import dev.missive.Interceptor.HandleStep;
import dev.missive.MessagingException;
import dev.missive.Outcome;
import dev.missive.OutcomeHandler;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Puts the interceptors around the handler, the first declared outermost. */
final class Pipeline {
  /**
   * What a handler that returns normally answers; shared, so that the usual run allocates no stage.
   */
  static final CompletionStage<Outcome> ACKED = CompletableFuture.completedStage(Outcome.ack());

  private Pipeline() {}

  static HandleStep of(Handler handler) {
    return message -> {
      try {
        handler.handle(message);
        return ACKED;
      } catch (Throwable t) {
        return CompletableFuture.failedFuture(t);
      }
    };
  }

  static HandleStep ofOutcomes(OutcomeHandler handler) {
    return message -> {
      try {
        Outcome outcome = handler.handle(message);
        return outcome == Outcome.ack() ? ACKED : CompletableFuture.completedFuture(outcome);
      } catch (Throwable t) {
        return CompletableFuture.failedFuture(t);
      }
    };
  }

  /** Around the handler; what comes out never throws and always answers with a stage. */
  static HandleStep around(List<Interceptor> interceptors, HandleStep handler) {
    HandleStep step = guarded(handler, "the asynchronous handler");
    for (int i = interceptors.size() - 1; i >= 0; i--) {
      Interceptor interceptor = interceptors.get(i);
      HandleStep inner = step;
      step =
          guarded(
              message -> interceptor.aroundHandle(message, inner),
              "the interceptor " + interceptor.getClass().getName());
    }
    return step;
  }

  /** For steps that may throw, or forget to answer: interceptors always see a stage. */
  private static HandleStep guarded(HandleStep step, String name) {
    return message -> {
      try {
        CompletionStage<Outcome> stage = step.proceed(message);
        return stage == null ? CompletableFuture.failedFuture(missing(name)) : stage;
      } catch (Throwable t) {
        return CompletableFuture.failedFuture(t);
      }
    };
  }

  private static MessagingException missing(String name) {
    return new MessagingException(
        ErrorCode.CONFIG_INVALID,
        name + " returned null instead of a stage. Return one that completes with an outcome");
  }
}
