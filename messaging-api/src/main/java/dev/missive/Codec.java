package dev.missive;

import java.nio.ByteBuffer;

/**
 * Turns objects into bytes and back, for the content types it knows. Must be thread-safe.
 *
 * <p>Never instantiates classes named by a message: the type to decode to comes from the handler.
 *
 * @since 0.1
 */
public interface Codec {

  /**
   * The content type it writes, for instance {@code application/json}.
   *
   * @return never null
   */
  String contentType();

  /**
   * Whether it reads this content type.
   *
   * @param contentType lower case, without parameters
   * @return by default whether it is the one it writes
   */
  default boolean reads(String contentType) {
    return contentType.equals(contentType());
  }

  /**
   * Writes an object.
   *
   * @param value not null
   * @return the bytes; the caller owns them
   * @throws Exception if it cannot be written
   */
  byte[] encode(Object value) throws Exception;

  /**
   * Reads an object.
   *
   * @param body the bytes, read-only
   * @param type what is wanted
   * @param <T> its type
   * @return the object, not null
   * @throws Exception if the bytes are not such an object
   */
  <T> T decode(ByteBuffer body, Class<T> type) throws Exception;
}
