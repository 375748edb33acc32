package dev.missive.testkit.memory;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.PublishException;
import dev.missive.PublishException.Outcome;

/** Everything that can go wrong with the in-memory broker. */
final class MemoryErrors {
  private MemoryErrors() {}

  static PublishException topicMissing(String topic) {
    return new PublishException(
        ErrorCode.TOPIC_MISSING,
        Outcome.NOT_STORED,
        "the topic "
            + topic
            + " does not exist. Declare it with messaging.topology().declare(topic, group), or start a consumer of it",
        null);
  }

  static PublishException rejected(String why) {
    return new PublishException(
        ErrorCode.PUBLISH_REJECTED,
        Outcome.NOT_STORED,
        "the in-memory broker refused a message: " + why,
        null);
  }

  static PublishException lost(boolean maybeStored) {
    return new PublishException(
        ErrorCode.BROKER_UNREACHABLE,
        maybeStored ? Outcome.UNKNOWN : Outcome.NOT_STORED,
        "the connection to the in-memory broker was lost",
        null);
  }

  static PublishException defect(Throwable defect) {
    return new PublishException(
        ErrorCode.INTERNAL,
        Outcome.UNKNOWN,
        "the in-memory broker failed where it must not: " + defect.getClass().getName(),
        defect);
  }

  static MessagingException unreachable(String name) {
    return new MessagingException(
        ErrorCode.BROKER_UNREACHABLE, "the in-memory broker " + name + " is down");
  }

  static MessagingException refused(String name) {
    return new MessagingException(
        ErrorCode.AUTH,
        "the in-memory broker "
            + name
            + " refuses the credentials. Check memory.username and memory.password");
  }

  static MessagingException notThere(String what) {
    return new MessagingException(
        ErrorCode.TOPIC_MISSING, what + " does not exist. Declare it first");
  }

  static MessagingException mismatch(String object, String field, String want, String have) {
    return new MessagingException(
        ErrorCode.TOPOLOGY_MISMATCH,
        object
            + " exists with another "
            + field
            + ": want "
            + want
            + ", have "
            + have
            + ". Use another group, or delete it");
  }

  static MessagingException forbidden(String what) {
    return new MessagingException(
        ErrorCode.TOPOLOGY_FORBIDDEN, "the in-memory broker does not permit to declare " + what);
  }

  static MessagingException closed() {
    return new MessagingException(
        ErrorCode.CLOSED, "the connection to the in-memory broker was closed");
  }
}
