package dev.missive.spi;

import dev.missive.Message;
import dev.missive.Position;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * Optional part for {@link dev.missive.Capability#ATOMIC_BATCH}, asked for by {@link
 * Broker#unwrap}. Thread-safe; never blocks.
 *
 * @since 0.1
 */
public interface AtomicSender {
  /**
   * Stores all messages or none.
   *
   * @param messages as for {@link Sender#send}, each to its own topic, in order
   * @return the positions, in order, empty where the broker has none; fails with a {@link
   *     dev.missive.PublishException}
   */
  CompletionStage<List<Position>> sendAll(List<Message> messages);
}
