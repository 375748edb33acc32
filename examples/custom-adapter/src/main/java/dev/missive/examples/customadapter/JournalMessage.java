package dev.missive.examples.customadapter;

import dev.missive.Message;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A message as it lies in the journal. Immutable. */
record JournalMessage(
    String id,
    String topic,
    @Nullable String type,
    @Nullable String contentType,
    @Nullable String correlationId,
    @Nullable Instant timestamp,
    @Nullable ByteBuffer keyBuffer,
    @Nullable ByteBuffer body,
    Map<String, String> headers)
    implements Message {
  private static final int NONE = -1;

  static JournalMessage of(Message message) {
    return new JournalMessage(
        message.id(),
        message.topic(),
        message.type(),
        message.contentType(),
        message.correlationId(),
        message.timestamp(),
        message.keyBuffer(),
        message.body(),
        message.headers());
  }

  @Override
  public @Nullable ByteBuffer keyBuffer() {
    return keyBuffer == null ? null : keyBuffer.asReadOnlyBuffer();
  }

  @Override
  public @Nullable ByteBuffer body() {
    return body == null ? null : body.asReadOnlyBuffer();
  }

  /** PRIORITY is refused, so there is none. */
  @Override
  public @Nullable Integer priority() {
    return null;
  }

  /** Whether it was published at this time or later, in milliseconds. */
  boolean publishedFrom(long millis) {
    return timestamp == null || timestamp.toEpochMilli() >= millis;
  }

  void write(DataOutputStream out) throws IOException {
    text(out, id);
    text(out, topic);
    text(out, type);
    text(out, contentType);
    text(out, correlationId);
    out.writeLong(timestamp == null ? NONE : timestamp.toEpochMilli());
    bytes(out, keyBuffer());
    bytes(out, body());
    out.writeInt(headers.size());
    for (Map.Entry<String, String> header : headers.entrySet()) {
      text(out, header.getKey());
      text(out, header.getValue());
    }
  }

  static JournalMessage read(DataInputStream in) throws IOException {
    String id = String.valueOf(text(in));
    String topic = String.valueOf(text(in));
    String type = text(in);
    String contentType = text(in);
    String correlationId = text(in);
    long millis = in.readLong();
    ByteBuffer key = bytes(in);
    ByteBuffer body = bytes(in);
    Map<String, String> headers = new LinkedHashMap<>();
    for (int left = in.readInt(); left > 0; left--) {
      headers.put(String.valueOf(text(in)), String.valueOf(text(in)));
    }
    Instant timestamp = millis == NONE ? null : Instant.ofEpochMilli(millis);
    return new JournalMessage(
        id, topic, type, contentType, correlationId, timestamp, key, body, Map.copyOf(headers));
  }

  /** Absent and empty differ, for keys and payloads too. */
  private static void text(DataOutputStream out, @Nullable String text) throws IOException {
    bytes(out, text == null ? null : StandardCharsets.UTF_8.encode(text));
  }

  private static @Nullable String text(DataInputStream in) throws IOException {
    ByteBuffer bytes = bytes(in);
    return bytes == null ? null : StandardCharsets.UTF_8.decode(bytes).toString();
  }

  private static void bytes(DataOutputStream out, @Nullable ByteBuffer bytes) throws IOException {
    out.writeInt(bytes == null ? NONE : bytes.remaining());
    if (bytes != null) {
      byte[] copy = new byte[bytes.remaining()];
      bytes.get(copy);
      out.write(copy);
    }
  }

  private static @Nullable ByteBuffer bytes(DataInputStream in) throws IOException {
    int length = in.readInt();
    return length == NONE ? null : ByteBuffer.wrap(in.readNBytes(length));
  }

  /** Shows no payload and no header. */
  @Override
  public String toString() {
    return "JournalMessage[" + topic + ", id=" + id + "]";
  }
}
