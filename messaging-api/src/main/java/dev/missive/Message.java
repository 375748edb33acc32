package dev.missive;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A message as it is published: a topic, bytes, and what travels beside them.
 *
 * <p>Messages made by {@link #of} and {@link #builder} are immutable and thread-safe; they copy
 * what they are given. Adapters implement this interface as a lazy view over their client's own
 * record: they supply the abstract methods, and the others read the {@code missive-} headers named
 * in {@link Header}.
 *
 * <p>Limits (checked when the message is published, see {@link ErrorCode#NAME_INVALID}, {@link
 * ErrorCode#HEADER_INVALID} and {@link ErrorCode#TOO_LARGE}): a topic is {@code token(.token)*} of
 * {@code [A-Za-z0-9_-]}, at most 120 characters; a key has at most 255 bytes; at most 64 headers of
 * together 16 KiB; body and headers together at most 1,000,000 bytes unless configured higher.
 *
 * @since 0.1
 */
public interface Message {

  /**
   * The identity of this message, the same in every copy, retry and redelivery.
   *
   * @return never null; what the publisher set, otherwise a generated UUID (RFC 9562, version 7)
   */
  String id();

  /**
   * The topic this message is published to.
   *
   * @return never null
   */
  String topic();

  /**
   * What the message is, for routing, for instance {@code order.created}.
   *
   * @return null if none was set
   */
  @Nullable String type();

  /**
   * The key as a read-only view without a copy; messages of one key keep their order.
   *
   * @return null if the message has no key, which differs from an empty key
   */
  @Nullable ByteBuffer keyBuffer();

  /**
   * The body as a read-only view without a copy.
   *
   * @return null if the message has no payload (a tombstone), which differs from an empty one
   */
  @Nullable ByteBuffer body();

  /**
   * How long the key is. Costs no view.
   *
   * @return bytes; 0 without a key, too
   */
  default int keySize() {
    return Buffers.size(keyBuffer());
  }

  /**
   * How long the body is. Costs no view.
   *
   * @return bytes; 0 without a body, too
   */
  default int bodySize() {
    return Buffers.size(body());
  }

  /**
   * The headers by name; names are case-sensitive.
   *
   * @return never null, unmodifiable
   */
  Map<String, String> headers();

  /**
   * When the message was published, by the publisher's clock, in milliseconds.
   *
   * @return null if nobody has set it yet; publishing sets it
   */
  @Nullable Instant timestamp();

  /**
   * The media type of the payload, for instance {@code application/json}.
   *
   * @return null if unknown
   */
  @Nullable String contentType();

  /**
   * What ties this message to others of one conversation.
   *
   * @return null if none
   */
  @Nullable String correlationId();

  /**
   * The priority, from 0 (lowest) to 9; needs {@link Capability#PRIORITY}.
   *
   * @return null if none
   */
  @Nullable Integer priority();

  /**
   * The key as a copy the caller owns.
   *
   * @return null if the message has no key
   */
  default byte @Nullable [] key() {
    return Buffers.copy(keyBuffer());
  }

  /**
   * The payload as a copy the caller owns.
   *
   * @return null if the message has no payload (a tombstone)
   */
  default byte @Nullable [] payload() {
    return Buffers.copy(body());
  }

  /**
   * The opaque address a reply is sent to.
   *
   * @return null if no reply is expected
   */
  default @Nullable String replyTo() {
    return headers().get(Header.REPLY_TO);
  }

  /**
   * How long after {@link #timestamp()} the message may still be handled; needs {@link
   * Capability#TTL}.
   *
   * @return null if it never expires, or the producer's default applies
   */
  default @Nullable Duration timeToLive() {
    return null;
  }

  /**
   * The earliest instant at which the message may be handled; needs {@link Capability#DELAY}.
   *
   * @return null if at once, or if {@link #delay()} is set
   */
  default @Nullable Instant deliverAt() {
    return null;
  }

  /**
   * How long after publishing the message may be handled first; needs {@link Capability#DELAY}.
   *
   * @return null if at once, or if {@link #deliverAt()} is set
   */
  default @Nullable Duration delay() {
    return null;
  }

  /**
   * How many runs this message gets before it is dead-lettered; overrides the consumer's {@link
   * RetryPolicy}.
   *
   * @return null if the consumer's policy applies
   */
  default @Nullable Integer maxAttempts() {
    return null;
  }

  /**
   * A builder that starts with everything this message has, its id included.
   *
   * @return a new builder
   */
  default Builder toBuilder() {
    return new MessageBuilder(this);
  }

  /**
   * A message without a key.
   *
   * @param topic where it goes
   * @param payload the bytes, copied; null for a tombstone
   * @return a new message with a generated id
   * @throws NullPointerException if {@code topic} is null
   */
  static Message of(String topic, byte @Nullable [] payload) {
    return builder(topic).payload(payload).build();
  }

  /**
   * A message with a text key.
   *
   * @param topic where it goes
   * @param key the key, written as UTF-8; null for none
   * @param payload the bytes, copied; null for a tombstone
   * @return a new message with a generated id
   * @throws NullPointerException if {@code topic} is null
   */
  static Message of(String topic, @Nullable String key, byte @Nullable [] payload) {
    return builder(topic).key(key).payload(payload).build();
  }

  /**
   * Starts a message.
   *
   * @param topic where it goes
   * @return a new builder
   * @throws NullPointerException if {@code topic} is null
   */
  static Builder builder(String topic) {
    return new MessageBuilder(topic);
  }

  /**
   * Collects the parts of a message. Not thread-safe. Each method returns this builder; null unsets
   * an optional part.
   *
   * @since 0.1
   */
  interface Builder {

    /**
     * Sets the identity.
     *
     * @param id not empty; null to have one generated
     * @return this
     */
    Builder id(@Nullable String id);

    /**
     * Changes the topic.
     *
     * @param topic not null
     * @return this
     */
    Builder topic(String topic);

    /**
     * Sets the type.
     *
     * @param type null for none
     * @return this
     */
    Builder type(@Nullable String type);

    /**
     * Sets the key; the bytes are copied.
     *
     * @param key null for none
     * @return this
     */
    Builder keyBytes(byte @Nullable [] key);

    /**
     * Sets the key as UTF-8 text.
     *
     * @param key null for none
     * @return this
     */
    default Builder key(@Nullable String key) {
      return keyBytes(key == null ? null : key.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Sets the payload; the bytes are copied.
     *
     * @param payload null for a tombstone
     * @return this
     */
    Builder payload(byte @Nullable [] payload);

    /**
     * Sets the payload as UTF-8 text.
     *
     * @param text the text
     * @return this
     */
    default Builder text(String text) {
      return payload(text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Sets one header.
     *
     * @param name the name, checked when the message is published
     * @param value any text without control characters; null removes the header
     * @return this
     */
    Builder header(String name, @Nullable String value);

    /**
     * Replaces all headers; the map is copied.
     *
     * @param headers the new headers
     * @return this
     */
    Builder headers(Map<String, String> headers);

    /**
     * Sets the time of publication; by default the moment it is published.
     *
     * @param timestamp kept in milliseconds; null for the default
     * @return this
     */
    Builder timestamp(@Nullable Instant timestamp);

    /**
     * Sets the media type of the payload.
     *
     * @param contentType null for none
     * @return this
     */
    Builder contentType(@Nullable String contentType);

    /**
     * Sets the correlation id. What a handler of single messages publishes on the thread it is
     * called on takes it over from the message being handled; what it publishes on other threads,
     * or after an asynchronous handler has returned its stage, does not.
     *
     * @param correlationId null for none
     * @return this
     */
    Builder correlationId(@Nullable String correlationId);

    /**
     * Sets the address a reply goes to.
     *
     * @param replyTo an address from a received message, opaque; null for none
     * @return this
     */
    Builder replyTo(@Nullable String replyTo);

    /**
     * Sets the priority.
     *
     * @param priority 0 to 9; null for none
     * @return this
     */
    Builder priority(@Nullable Integer priority);

    /**
     * Sets how long the message may wait before it is worthless.
     *
     * @param timeToLive more than zero, at most 100 years; null for the producer's default
     * @return this
     */
    Builder timeToLive(@Nullable Duration timeToLive);

    /**
     * Sets the earliest instant of handling and unsets {@link #delay}.
     *
     * @param deliverAt rounded up to milliseconds, at most year 9999; the past means at once; null
     *     for at once
     * @return this
     */
    Builder deliverAt(@Nullable Instant deliverAt);

    /**
     * Sets how long after publishing the message is handled at the earliest and unsets {@link
     * #deliverAt}.
     *
     * @param delay at most 100 years; zero or less means at once; null for at once
     * @return this
     */
    Builder delay(@Nullable Duration delay);

    /**
     * Sets how many runs the message gets.
     *
     * @param maxAttempts at least 1; null for the consumer's policy
     * @return this
     */
    Builder maxAttempts(@Nullable Integer maxAttempts);

    /**
     * Makes the message. The builder can go on being used.
     *
     * @return an immutable message
     * @throws MessagingException {@link ErrorCode#CONFIG_INVALID} if a number is out of its range
     */
    Message build();
  }
}
