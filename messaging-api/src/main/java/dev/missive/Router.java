package dev.missive;

/**
 * A handler that chooses another one by {@link Message#type()}; of foreign messages the header
 * {@code type} is read.
 *
 * <p>Without a default, a message of an unknown type fails with {@link ErrorCode#TYPE_UNKNOWN},
 * which names the known ones, and is dead-lettered with reason {@code unknown-type}. Thread-safe;
 * handlers may be added at any time.
 *
 * @since 0.1
 */
public interface Router extends Handler {

  /**
   * Adds a handler.
   *
   * @param type the message type, not registered before
   * @param handler its handler
   * @return this
   * @throws MessagingException {@link ErrorCode#CONFIG_INVALID} if the type has a handler already
   */
  Router on(String type, Handler handler);

  /**
   * Adds a handler of decoded payloads.
   *
   * @param type the message type, not registered before
   * @param payload what to decode to, by the content type
   * @param handler its handler
   * @param <T> the type of the payload
   * @return this
   * @throws MessagingException {@link ErrorCode#CONFIG_INVALID} if the type has a handler already
   */
  <T> Router on(String type, Class<T> payload, TypedHandler<T> handler);

  /**
   * Sets the handler of every other message, those without a type included.
   *
   * @param handler the default
   * @return this
   */
  Router otherwise(Handler handler);
}
