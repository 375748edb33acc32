package dev.missive;

import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Publishes objects to one topic, encoded by a {@link Codec}. Immutable and thread-safe; methods
 * that change something return a copy.
 *
 * <p>A value that cannot be encoded fails with {@link ErrorCode#CONFIG_INVALID}; nothing is sent.
 *
 * @param <T> the type of the objects
 * @since 0.1
 */
public interface TypedProducer<T> {

  /**
   * Takes the key from each object.
   *
   * @param key null result = no key; by default there is none
   * @return a changed copy
   */
  TypedProducer<T> key(Function<? super T, @Nullable String> key);

  /**
   * Sets the message type.
   *
   * @param type by default none
   * @return a changed copy
   */
  TypedProducer<T> type(String type);

  /**
   * Sets the content type and with it the codec.
   *
   * @param contentType default {@code application/json}
   * @return a changed copy
   */
  TypedProducer<T> contentType(String contentType);

  /**
   * Makes the message without publishing it, to set what has no method here.
   *
   * @param value the object
   * @return a builder with topic, key, type, content type and payload
   */
  Message.Builder message(T value);

  /**
   * Publishes one object, see {@link Producer#publish}.
   *
   * @param value the object
   * @return the receipt
   */
  Receipt publish(T value);

  /**
   * Publishes one object without waiting, see {@link Producer#publishAsync}.
   *
   * @param value the object
   * @return the stage of its receipt
   */
  CompletionStage<Receipt> publishAsync(T value);

  /**
   * Publishes many objects, see {@link Producer#publishBatch}.
   *
   * @param values the objects
   * @return one result per object, in the same order
   */
  List<PublishResult> publishBatch(List<? extends T> values);
}
