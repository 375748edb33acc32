package dev.missive.core.connect;

import static java.util.Objects.requireNonNull;

import dev.missive.MessagingException;
import dev.missive.spi.Broker.Traits;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Whether the connection stands, as a stage to wait for: complete while it does, exceptional while
 * nobody may hope, open in between. Guarded by the {@link Connection}; what its methods return is
 * to be run without the lock, when everybody else knows of the change.
 */
final class Standing {
  private CompletableFuture<Traits> stage = new CompletableFuture<>();

  /** What there is to wait for now. */
  CompletableFuture<Traits> stage() {
    return stage;
  }

  /** Makes an open one. */
  CompletableFuture<Traits> anew() {
    stage = new CompletableFuture<>();
    return stage;
  }

  Runnable stands(@Nullable Traits traits) {
    CompletableFuture<Traits> before = stage;
    if (before.isCompletedExceptionally()) {
      stage = CompletableFuture.completedFuture(traits);
    }
    return () -> before.complete(traits);
  }

  Runnable lost() {
    if (stage.isDone()) {
      anew();
    }
    return () -> {};
  }

  /** Whoever asks from now on does not find the connection that once stood. */
  Runnable failed(@Nullable MessagingException why) {
    CompletableFuture<Traits> before = stage;
    MessagingException error = requireNonNull(why, "why");
    stage = CompletableFuture.failedFuture(error);
    return () -> before.completeExceptionally(error);
  }
}
