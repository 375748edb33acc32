package dev.missive.examples.customadapter;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.PublishException;
import dev.missive.PublishException.Outcome;
import dev.missive.Topology.Difference;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;

/** Everything that can go wrong, in the words of Missive. */
final class JournalErrors {
  private JournalErrors() {}

  /** The connection could not be made. */
  static MessagingException unreachable(Path directory, IOException cause) {
    return cause instanceof AccessDeniedException
        ? new MessagingException(
            ErrorCode.AUTH, "this process may not read and write " + directory, cause)
        : new MessagingException(
            ErrorCode.BROKER_UNREACHABLE,
            "there is no journal at " + directory + ". Make the directory, or mount its disk",
            cause);
  }

  /** There is no connection, so nothing happened; retried once there is one. */
  static PublishException notConnected(Path directory) {
    return new PublishException(
        ErrorCode.BROKER_UNREACHABLE,
        Outcome.NOT_STORED,
        "the journal at " + directory + " is not open",
        null);
  }

  /** The connection went while something was under way. */
  static PublishException lost(Path directory, IOException cause) {
    return new PublishException(
        ErrorCode.BROKER_UNREACHABLE,
        Outcome.UNKNOWN,
        "the journal at " + directory + " was lost: " + cause.getMessage(),
        cause);
  }

  static PublishException topicMissing(String queue) {
    return new PublishException(
        ErrorCode.TOPIC_MISSING,
        Outcome.NOT_STORED,
        "the journal has no "
            + queue
            + ". Declare it with messaging.topology().declare(topic, group), or start a consumer",
        null);
  }

  static MessagingException mismatch(Difference difference) {
    return new MessagingException(
        ErrorCode.TOPOLOGY_MISMATCH,
        "the "
            + difference.object()
            + " exists with another "
            + difference.field()
            + ": want "
            + difference.want()
            + ", have "
            + difference.have()
            + ". Use another group, or delete the topic");
  }

  static PublishException closed() {
    return new PublishException(
        ErrorCode.CLOSED, Outcome.NOT_STORED, "the journal was closed by this client", null);
  }

  static PublishException defect(RuntimeException cause) {
    return new PublishException(
        ErrorCode.INTERNAL, Outcome.UNKNOWN, "the journal adapter has a defect: " + cause, cause);
  }
}
