package dev.missive.core.publish;

import static java.util.Objects.requireNonNull;

import dev.missive.ErrorCode;
import dev.missive.Interceptor;
import dev.missive.Interceptor.PublishStep;
import dev.missive.Message;
import dev.missive.MessagingException;
import dev.missive.Receipt;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Puts the interceptors around a publish, the first declared outermost. Thread-safe. */
final class PublishPipeline {
  private final List<Interceptor> interceptors;

  PublishPipeline(List<Interceptor> interceptors) {
    this.interceptors = List.copyOf(interceptors);
  }

  boolean isEmpty() {
    return interceptors.isEmpty();
  }

  /** Never throws and always answers with a stage: what the interceptors throw fails it. */
  CompletionStage<Receipt> around(Message message, PublishStep last) {
    return step(0, message, last);
  }

  private CompletionStage<Receipt> step(int index, Message message, PublishStep last) {
    if (index == interceptors.size()) {
      return last.proceed(message);
    }
    Interceptor interceptor = interceptors.get(index);
    try {
      CompletionStage<Receipt> stage =
          interceptor.aroundPublish(
              message,
              changed ->
                  step(
                      index + 1,
                      requireNonNull(changed, "the message an interceptor passed on"),
                      last));
      return stage == null ? CompletableFuture.failedFuture(missing(interceptor)) : stage;
    } catch (Throwable t) {
      return CompletableFuture.failedFuture(t);
    }
  }

  private static MessagingException missing(Interceptor interceptor) {
    return new MessagingException(
        ErrorCode.CONFIG_INVALID,
        "the interceptor "
            + interceptor.getClass().getName()
            + " returned null instead of a stage. Return one that completes with a receipt");
  }
}
