package dev.missive.core.route;

import static java.util.Objects.requireNonNull;

import dev.missive.Message;
import dev.missive.Producer;
import dev.missive.PublishResult;
import dev.missive.Receipt;
import dev.missive.TypedProducer;
import dev.missive.core.codec.Codecs;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Encodes, then publishes. Immutable.
 *
 * @param <T> the type of the objects
 */
public final class EncodingProducer<T> implements TypedProducer<T> {
  private final Producer producer;
  private final Codecs codecs;
  private final String topic;
  private final Function<? super T, @Nullable String> key;
  private final @Nullable String type;
  private final String contentType;

  /**
   * Makes one without key and type, writing JSON.
   *
   * @param producer publishes
   * @param codecs encode
   * @param topic where to
   */
  public EncodingProducer(Producer producer, Codecs codecs, String topic) {
    this(producer, codecs, topic, value -> null, null, Codecs.DEFAULT);
  }

  private EncodingProducer(
      Producer producer,
      Codecs codecs,
      String topic,
      Function<? super T, @Nullable String> key,
      @Nullable String type,
      String contentType) {
    this.producer = producer;
    this.codecs = codecs;
    this.topic = topic;
    this.key = key;
    this.type = type;
    this.contentType = contentType;
  }

  @Override
  @SuppressWarnings(
      "NullAway") // javac 17 does not read nullness inside type arguments from class files.
  public TypedProducer<T> key(Function<? super T, @Nullable String> value) {
    return new EncodingProducer<>(
        producer, codecs, topic, requireNonNull(value, "key"), type, contentType);
  }

  @Override
  public TypedProducer<T> type(String value) {
    return new EncodingProducer<>(
        producer, codecs, topic, key, requireNonNull(value, "type"), contentType);
  }

  @Override
  public TypedProducer<T> contentType(String value) {
    return new EncodingProducer<>(
        producer, codecs, topic, key, type, requireNonNull(value, "contentType"));
  }

  @Override
  public Message.Builder message(T value) {
    requireNonNull(value, "value");
    return Message.builder(topic)
        .key(key.apply(value))
        .type(type)
        .contentType(contentType)
        .payload(codecs.encode(value, contentType));
  }

  @Override
  public Receipt publish(T value) {
    return producer.publish(message(value).build());
  }

  @Override
  public CompletionStage<Receipt> publishAsync(T value) {
    return producer.publishAsync(message(value).build());
  }

  @Override
  public List<PublishResult> publishBatch(List<? extends T> values) {
    List<Message> messages = new ArrayList<>(values.size());
    values.forEach(value -> messages.add(message(value).build()));
    return producer.publishBatch(messages);
  }
}
