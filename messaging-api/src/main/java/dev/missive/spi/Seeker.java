package dev.missive.spi;

import dev.missive.Position;
import java.util.concurrent.CompletionStage;

/**
 * Optional part for {@link dev.missive.Capability#SEEK}, asked for by {@link Broker#unwrap}.
 * Thread-safe; never blocks.
 *
 * @since 0.1
 */
public interface Seeker {
  /**
   * Moves a stopped group.
   *
   * @param topic the topic
   * @param group the group
   * @param position the message to be delivered next
   * @return fails with POSITION_UNKNOWN, or CONFIG_INVALID if the group has running consumers;
   *     nothing has moved then
   */
  CompletionStage<Void> seek(String topic, String group, Position position);
}
