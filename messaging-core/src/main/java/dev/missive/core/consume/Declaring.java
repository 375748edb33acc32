package dev.missive.core.consume;

import java.time.Instant;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Puts the topology in place, by the mode of the settings. */
@FunctionalInterface
public interface Declaring {
  /**
   * Declares, or looks.
   *
   * @param topic the topic or pattern
   * @param group the group; null for the topic alone
   * @param keyOrder whether the group keeps order per key
   * @param from where a new group starts
   * @return when it stands
   */
  CompletionStage<Void> declare(
      String topic, @Nullable String group, boolean keyOrder, @Nullable Instant from);
}
