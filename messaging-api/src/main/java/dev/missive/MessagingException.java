package dev.missive;

import static java.util.Objects.requireNonNull;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The base of everything Missive throws. Its text starts with the code and says what happened,
 * where, and how to fix it; secrets and payloads are never in it.
 *
 * @since 0.1
 */
public class MessagingException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final ErrorCode code;

  /**
   * Makes an error.
   *
   * @param code the stable code
   * @param message what happened, where, and how to fix it, without the code
   */
  public MessagingException(ErrorCode code, String message) {
    this(code, message, null);
  }

  /**
   * Makes an error with a cause.
   *
   * @param code the stable code
   * @param message what happened, where, and how to fix it, without the code
   * @param cause null if there is none
   */
  public MessagingException(ErrorCode code, String message, @Nullable Throwable cause) {
    super(text(requireNonNull(code, "code"), message), cause);
    this.code = code;
  }

  /**
   * The stable code.
   *
   * @return never null
   */
  public final ErrorCode code() {
    return code;
  }

  /**
   * Whether the same call may succeed later without a change.
   *
   * @return by default what the code says
   */
  public boolean retryable() {
    return code.retryable();
  }

  private static String text(ErrorCode code, String message) {
    String id = code.id();
    String last = message.isEmpty() ? "" : message.substring(message.length() - 1);
    String end = ".?\n".contains(last) ? "" : ".";
    String space = last.equals("\n") ? "" : " ";
    return "["
        + id
        + "] "
        + message
        + end
        + space
        + "See docs/errors.md#"
        + id.toLowerCase(Locale.ROOT);
  }
}
