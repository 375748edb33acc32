package dev.missive.spi;

import dev.missive.Capability;
import java.util.Optional;

/**
 * Optional part of an adapter that has more to say about what it cannot do than that, asked for by
 * {@link Broker#unwrap}. Thread-safe; never blocks.
 *
 * @since 0.1
 */
@FunctionalInterface
public interface Gaps {
  /**
   * Why something is missing, for people.
   *
   * @param missing a capability that the broker's traits do not have
   * @return ends the sentence of the refusal, without a full stop; empty if there is nothing to say
   */
  Optional<String> why(Capability missing);
}
