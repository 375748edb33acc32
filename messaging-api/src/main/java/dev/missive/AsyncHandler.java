package dev.missive;

import java.util.concurrent.CompletionStage;

/**
 * Handles one message without holding a thread: the run ends when the returned stage completes, on
 * any thread.
 *
 * <p>Until then it holds its place in {@code concurrency} and its key. A stage that completes
 * exceptionally is a failed run. It cannot be interrupted: beyond {@code maxHandlingTime} the run
 * counts as failed and the late result is ignored.
 *
 * @since 0.1
 */
@FunctionalInterface
public interface AsyncHandler {
  /**
   * Starts to handle one message. Must not block.
   *
   * @param message the message, never null
   * @return a stage of what to do with it, never null
   * @throws Exception any exception is a failed run
   */
  CompletionStage<Outcome> handle(ReceivedMessage message) throws Exception;
}
