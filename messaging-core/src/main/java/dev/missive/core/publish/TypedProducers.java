package dev.missive.core.publish;

import dev.missive.Producer;
import dev.missive.TypedProducer;

/** Makes typed views of producers, so that publishing does not depend on codecs. */
@FunctionalInterface
public interface TypedProducers {
  /**
   * A view of a producer.
   *
   * @param producer publishes
   * @param topic where to
   * @param type of the objects
   * @param <T> that type
   * @return gets the objects
   */
  <T> TypedProducer<T> make(Producer producer, String topic, Class<T> type);
}
