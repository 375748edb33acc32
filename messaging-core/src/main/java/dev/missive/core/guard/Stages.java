package dev.missive.core.guard;

import dev.missive.core.connect.Await;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** What interceptors do with stages. */
final class Stages {
  private Stages() {}

  /** Looks at a result. */
  @FunctionalInterface
  interface Look<T> {
    /** The value, or the error without wrappers; must not throw. */
    void at(@Nullable T value, @Nullable Throwable error);
  }

  /**
   * The same result, after it was looked at. Unlike {@code whenComplete} it passes exceptions
   * unchanged, without a wrapper.
   *
   * @param stage whose result
   * @param look sees it first
   */
  static <T> CompletionStage<T> after(CompletionStage<T> stage, Look<T> look) {
    CompletableFuture<T> result = new CompletableFuture<>();
    stage.whenComplete(
        (value, error) -> {
          look.at(value, error == null ? null : Await.cause(error));
          if (error == null) {
            result.complete(value);
          } else {
            result.completeExceptionally(error);
          }
        });
    return result;
  }
}
