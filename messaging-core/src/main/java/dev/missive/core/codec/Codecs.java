package dev.missive.core.codec;

import dev.missive.Codec;
import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.ReceivedMessage;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Chooses a codec by content type: the application's first, then JSON, CBOR, text and bytes.
 * Thread-safe.
 */
public final class Codecs {
  /**
   * What typed publishers write unless told otherwise, and what a message without a content type is
   * taken for.
   */
  public static final String DEFAULT = "application/json";

  private final List<Codec> codecs;

  /**
   * Makes one.
   *
   * @param own the application's codecs; they win
   */
  public Codecs(List<Codec> own) {
    List<Codec> all = new ArrayList<>(own);
    all.add(JacksonCodec.json());
    all.add(JacksonCodec.cbor());
    all.add(new TextCodec());
    all.add(new BytesCodec());
    codecs = List.copyOf(all);
  }

  /**
   * Decodes a message.
   *
   * @param message the message
   * @param type what to decode to
   * @param <T> the type
   * @return the object
   * @throws MessagingException UNDECODABLE, with no piece of the payload in it
   */
  public <T> T decode(ReceivedMessage message, Class<T> type) {
    String contentType = normal(message.contentType());
    ByteBuffer body = message.body();
    if (body == null) {
      throw undecodable(
          message,
          "it has no payload (a tombstone), but "
              + type.getName()
              + " is wanted. Use a plain handler for tombstones");
    }
    Codec codec = find(contentType);
    if (codec == null) {
      throw undecodable(
          message, "no codec reads the content type " + contentType + ". Known are " + known());
    }
    try {
      return codec.decode(body.asReadOnlyBuffer(), type);
    } catch (Exception e) {
      // The texts of parsers quote what they read; the kind of error is all that may be shown.
      throw undecodable(
          message,
          "its payload is not "
              + type.getName()
              + " as "
              + contentType
              + " ("
              + e.getClass().getSimpleName()
              + ")");
    }
  }

  /**
   * Encodes an object.
   *
   * @param value the object
   * @param contentType which codec
   * @return the bytes
   * @throws MessagingException CONFIG_INVALID
   */
  public byte[] encode(Object value, String contentType) {
    Codec codec = find(normal(contentType));
    if (codec == null) {
      throw new MessagingException(
          ErrorCode.CONFIG_INVALID,
          "no codec writes the content type " + contentType + ". Known are " + known());
    }
    try {
      return codec.encode(value);
    } catch (Exception e) {
      throw new MessagingException(
          ErrorCode.CONFIG_INVALID,
          "a "
              + value.getClass().getName()
              + " cannot be written as "
              + contentType
              + " ("
              + e.getClass().getSimpleName()
              + ")");
    }
  }

  private @Nullable Codec find(String contentType) {
    for (Codec codec : codecs) {
      if (codec.reads(contentType)) {
        return codec;
      }
    }
    return null;
  }

  /** Lower case, without parameters. */
  private static String normal(@Nullable String contentType) {
    if (contentType == null) {
      return DEFAULT;
    }
    int parameters = contentType.indexOf(';');
    return (parameters < 0 ? contentType : contentType.substring(0, parameters))
        .strip()
        .toLowerCase(Locale.ROOT);
  }

  private String known() {
    return codecs.stream().map(Codec::contentType).distinct().collect(Collectors.joining(", "));
  }

  private static MessagingException undecodable(ReceivedMessage message, String why) {
    return new MessagingException(
        ErrorCode.UNDECODABLE,
        "message " + message.id() + " of " + message.topic() + " cannot be decoded: " + why);
  }
}
