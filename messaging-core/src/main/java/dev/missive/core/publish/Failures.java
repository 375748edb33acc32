package dev.missive.core.publish;

import dev.missive.ConnectionState;
import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.PublishException;
import org.jspecify.annotations.Nullable;

/** Texts of failed publishes. */
final class Failures {
  private Failures() {}

  /** The text of an error without its code and the pointer to its page, to be used in another. */
  static String plain(MessagingException e) {
    String text = String.valueOf(e.getMessage());
    int start = text.indexOf("] ") + 2;
    int end = text.lastIndexOf("See docs/errors.md");
    return end > start ? text.substring(start, end).stripTrailing() : text;
  }

  /** A refusal before anything was sent, as publishers see it; their own failures stay. */
  static PublishException refused(MessagingException why) {
    if (why instanceof PublishException failure) {
      return failure;
    }
    PublishException failure =
        new PublishException(
            why.code(), PublishException.Outcome.NOT_STORED, plain(why), why.getCause());
    failure.setStackTrace(why.getStackTrace());
    return failure;
  }

  /**
   * A failure that may be an interceptor's own, where only a publish's can be shown. It may have
   * failed after the message was stored.
   */
  static PublishException intercepted(RuntimeException why) {
    if (why instanceof PublishException failure) {
      return failure;
    }
    return why instanceof MessagingException known
        ? new PublishException(known.code(), PublishException.Outcome.UNKNOWN, plain(known), known)
        : new PublishException(
            ErrorCode.INTERNAL,
            PublishException.Outcome.UNKNOWN,
            "an interceptor failed with " + why.getClass().getName(),
            why);
  }

  /** The link was refused while the message waited for it. */
  static PublishException ended(Outgoing outgoing, @Nullable MessagingException error) {
    return error == null
        ? outgoing.failure(ErrorCode.INTERNAL, "refused")
        : outgoing.failure(error.code(), plain(error));
  }

  /** The deadline of a message has passed while the connection was in this state. */
  static PublishException timeout(Outgoing outgoing, ConnectionState link) {
    String what = "message " + outgoing.message.id() + " to " + outgoing.message.topic();
    if (link == ConnectionState.BLOCKED) {
      return outgoing.failure(
          ErrorCode.BROKER_BLOCKED,
          what
              + " waited until its deadline because the broker takes no messages. Look for an alarm at the broker");
    }
    return outgoing.failure(
        ErrorCode.PUBLISH_TIMEOUT,
        what
            + " was not acknowledged before its deadline; the connection is "
            + link
            + ". producer.deadline is how long to try");
  }
}
