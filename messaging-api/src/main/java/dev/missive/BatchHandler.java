package dev.missive;

import java.util.List;

/**
 * Handles several messages of one subscription at once, in order; a key is in one running batch at
 * a time.
 *
 * <p>An exception retries all elements, each counted once. Missing outcomes (a list that is too
 * short) are retried and reported.
 *
 * <p>What it publishes takes over no correlation id: it could be that of any of its messages.
 *
 * @since 0.1
 */
@FunctionalInterface
public interface BatchHandler {
  /**
   * Handles a batch.
   *
   * @param messages at least one, at most {@code maxSize}, unmodifiable
   * @return one outcome per message, in the same order
   * @throws Exception any exception is a failed run of every element
   */
  List<Outcome> handle(List<ReceivedMessage> messages) throws Exception;
}
