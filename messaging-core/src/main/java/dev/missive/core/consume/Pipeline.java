package dev.missive.core.consume;

import dev.missive.Handler;
import dev.missive.Interceptor;
import dev.missive.Interceptor.HandleStep;
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

  /** For steps that may throw: interceptors always see a stage. */
  static HandleStep guarded(HandleStep step) {
    return message -> {
      try {
        return step.proceed(message);
      } catch (Throwable t) {
        return CompletableFuture.failedFuture(t);
      }
    };
  }

  static HandleStep around(List<Interceptor> interceptors, HandleStep handler) {
    HandleStep step = handler;
    for (int i = interceptors.size() - 1; i >= 0; i--) {
      Interceptor interceptor = interceptors.get(i);
      HandleStep inner = step;
      step = guarded(message -> interceptor.aroundHandle(message, inner));
    }
    return step;
  }
}
