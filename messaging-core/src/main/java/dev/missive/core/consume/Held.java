package dev.missive.core.consume;

import dev.missive.Header;
import dev.missive.Message;
import dev.missive.MessagingException;
import dev.missive.Position;
import dev.missive.ReceivedMessage;
import dev.missive.spi.Delivery;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One delivery in this process, from intake to settlement, and at the same time what the handler
 * sees of it: one object per message. The fields that change are guarded by the lock of its {@link
 * Flow}.
 */
final class Held implements ReceivedMessage {
  /** Where a delivery is in its life. */
  enum Phase {
    /** In its lane, not started. */
    WAITING,
    /** A handler has it, or had it and the outcome is being decided. */
    RUNNING,
    /** Waits in process for its time. */
    PARKED,
    /** Its copy is being stored. */
    COPYING,
    /** Over. */
    SETTLED
  }

  final Delivery delivery;
  final Message raw;
  final @Nullable ByteBuffer key;
  final long receivedNanos;
  final int bytes;
  private final OwnHeaders own;
  private final @Nullable String group;

  long sequence;
  Phase phase = Phase.WAITING;

  /** Its place in its lane is taken by itself: it goes on where it was instead of at the end. */
  boolean resumed;

  /** Nothing of its last run is left to be done but the handler's return. */
  boolean decided;

  /** Its key waits for it while it is parked. */
  boolean holding;

  /** It cannot be held until its time has come: it goes back before. */
  boolean cutShort;

  /** Its time has come, but the handler of its last run has not returned. */
  boolean dueButBusy;

  /**
   * The broker delivers it again, to whomever: a copy or a further run here would be a second chain
   * of attempts. Read by the outbox without the lock.
   */
  volatile boolean lost;

  int failedRuns;
  @Nullable Run run;
  @Nullable Instant due;
  @Nullable Runnable cancelTimer;
  Lanes.@Nullable Lane lane;
  @Nullable Held nextInLane;
  @Nullable Held previous;
  @Nullable Held next;

  private @Nullable Map<String, String> visibleHeaders;

  Held(Delivery delivery, @Nullable String group, long receivedNanos) {
    this.delivery = delivery;
    this.raw = delivery.message();
    this.key = raw.keyBuffer();
    this.group = group;
    this.receivedNanos = receivedNanos;
    this.bytes = raw.bodySize();
    this.own = OwnHeaders.of(raw.headers());
  }

  /** Why its own headers cannot be read; null if they can. */
  @Nullable MessagingException malformed() {
    return own.malformed();
  }

  /** The earliest instant of handling; null if none. */
  @Nullable Instant notBefore() {
    return own.notBefore();
  }

  /** The message's own limit of runs, 0 if it has none. */
  int ownMaxAttempts() {
    return own.maxAttempts();
  }

  @Override
  public String id() {
    return raw.id();
  }

  @Override
  public String topic() {
    return raw.topic();
  }

  @Override
  public @Nullable String type() {
    return raw.type();
  }

  @Override
  public @Nullable ByteBuffer keyBuffer() {
    return raw.keyBuffer();
  }

  @Override
  public @Nullable ByteBuffer body() {
    return raw.body();
  }

  @Override
  public int keySize() {
    return raw.keySize();
  }

  @Override
  public int bodySize() {
    return bytes;
  }

  @Override
  public Map<String, String> headers() {
    Map<String, String> visible = visibleHeaders;
    if (visible == null) {
      visible = visible(raw.headers());
      visibleHeaders = visible;
    }
    return visible;
  }

  /** The application's headers among all of them. */
  static Map<String, String> visible(Map<String, String> all) {
    boolean ours = false;
    for (String name : all.keySet()) {
      ours |= name.startsWith(Header.PREFIX);
    }
    if (!ours) {
      return all;
    }
    Map<String, String> some = new LinkedHashMap<>(all);
    some.keySet().removeIf(name -> name.startsWith(Header.PREFIX));
    return Collections.unmodifiableMap(some);
  }

  @Override
  public @Nullable Instant timestamp() {
    return raw.timestamp();
  }

  @Override
  public @Nullable String contentType() {
    return raw.contentType();
  }

  @Override
  public @Nullable String correlationId() {
    return raw.correlationId();
  }

  @Override
  public @Nullable Integer priority() {
    return raw.priority();
  }

  @Override
  public @Nullable String replyTo() {
    return raw.headers().get(Header.REPLY_TO);
  }

  @Override
  public @Nullable Duration timeToLive() {
    Instant from = timestamp();
    Instant until = own.expiresAt();
    return until == null || from == null ? null : Duration.between(from, until);
  }

  @Override
  public @Nullable Instant deliverAt() {
    return own.notBefore();
  }

  @Override
  public @Nullable Integer maxAttempts() {
    return own.maxAttempts() == 0 ? null : own.maxAttempts();
  }

  @Override
  public @Nullable String group() {
    return group;
  }

  @Override
  public int attempt() {
    return own.attempt() + failedRuns;
  }

  /** Makes this the next run; failed ones that the broker has recorded count once. */
  void goOnFrom(int attempt) {
    failedRuns = Math.max(0, attempt - own.attempt());
  }

  @Override
  public @Nullable Position position() {
    return delivery.position();
  }

  @Override
  public @Nullable Instant expiresAt() {
    return own.expiresAt();
  }

  @Override
  public <T> Optional<T> unwrap(Class<T> type) {
    return delivery.unwrap(type);
  }

  @Override
  public ReceivedMessage with(byte @Nullable [] payload, Map<String, String> headers) {
    return new ChangedMessage(
        this,
        payload == null ? null : ByteBuffer.wrap(payload).asReadOnlyBuffer(),
        Map.copyOf(headers));
  }

  /** Names no payload, no key and no header value. */
  @Override
  public String toString() {
    return "ReceivedMessage[id="
        + id()
        + ", topic="
        + topic()
        + ", group="
        + group
        + ", attempt="
        + attempt()
        + ", body="
        + bytes
        + " bytes]";
  }
}
