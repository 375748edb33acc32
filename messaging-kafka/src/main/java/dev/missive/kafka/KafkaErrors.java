package dev.missive.kafka;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.PublishException;
import dev.missive.PublishException.Outcome;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InconsistentGroupProtocolException;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.InvalidTimestampException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.errors.RecordBatchTooLargeException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.SslAuthenticationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Translates what Kafka's clients throw, in one place. */
final class KafkaErrors {
  private KafkaErrors() {}

  /** Without the wrappers of futures. */
  static Throwable plain(Throwable error) {
    Throwable plain = error;
    while ((plain instanceof ExecutionException || plain instanceof CompletionException)
        && plain.getCause() != null) {
      plain = plain.getCause();
    }
    if (plain.getClass() == KafkaException.class && plain.getCause() instanceof KafkaException) {
      plain = plain.getCause();
    }
    return plain;
  }

  /**
   * What went wrong with a call.
   *
   * @param error what the client threw or completed with
   * @param what what was being done, for the message
   */
  static MessagingException of(Throwable error, String what) {
    Throwable plain = plain(error);
    if (plain instanceof MessagingException ours) {
      return ours;
    }
    return new MessagingException(code(plain), text(plain, what), plain);
  }

  /**
   * What went wrong with a send.
   *
   * @param error what the client threw or answered, or what was found before
   * @param handed whether the client had the message, so that the broker may have it
   * @param resent whether the client may have sent it more than once: then the last answer says
   *     nothing about the first attempt
   */
  static PublishException publish(Throwable error, String topic, boolean handed, boolean resent) {
    Throwable plain = plain(error);
    if (plain instanceof PublishException ours) {
      return ours;
    }
    ErrorCode code = code(plain);
    if (plain instanceof MessagingException ours) {
      code = ours.code();
    }
    if (code == ErrorCode.AUTH && refusedLogin(plain)) {
      // One refused login is no verdict, and the client tells of it once more when it is over; when
      // it is believed, the link says so (semantics S23).
      code = ErrorCode.BROKER_UNREACHABLE;
    } else if (plain instanceof NotEnoughReplicasException || refusedWithAnother(plain)) {
      code = ErrorCode.PUBLISH_REJECTED;
    } else if (handed && plain instanceof TimeoutException) {
      code = ErrorCode.PUBLISH_TIMEOUT;
    }
    boolean answered =
        !handed
            || switch (code) {
              case INTERNAL, BROKER_UNREACHABLE, PUBLISH_TIMEOUT -> false;
              // Who is asked again may refuse what was stored before.
              case AUTH, PUBLISH_REJECTED -> !resent;
              default -> true;
            };
    return new PublishException(
        code,
        answered ? Outcome.NOT_STORED : Outcome.UNKNOWN,
        text(plain, "sending to " + topic),
        plain);
  }

  /**
   * Whether the broker refused a batch because of another record in it. The client has no exception
   * of its own for that (observed, 4.4.0).
   */
  static boolean refusedWithAnother(Throwable error) {
    Throwable plain = plain(error);
    return plain.getClass() == KafkaException.class
        && String.valueOf(plain.getMessage()).contains("part of a batch");
  }

  private static boolean refusedLogin(Throwable plain) {
    return plain instanceof AuthenticationException
        || plain.getCause() instanceof AuthenticationException;
  }

  /** Whether the topic does not take this record, however often it is sent. */
  private static boolean unfit(Throwable plain) {
    return plain instanceof InvalidRecordException || plain instanceof InvalidTimestampException;
  }

  /** What a declaration needs and this user may not. */
  static MessagingException forbidden(AuthorizationException why) {
    return new MessagingException(
        ErrorCode.TOPOLOGY_FORBIDDEN,
        "Kafka does not permit this user to declare or compare the topology: "
            + why.getMessage()
            + " Give the user the permission (docs/kafka.md), or let another one declare and use topology.mode",
        why);
  }

  /** A send that was not even tried. */
  static PublishException notSent(String topic, String why) {
    return new PublishException(
        ErrorCode.BROKER_UNREACHABLE,
        Outcome.NOT_STORED,
        "a message to " + topic + " was not sent: " + why,
        null);
  }

  /**
   * Whether the controller has heard of no broker for a while, as after a restart or on a busy
   * machine. It refuses topics then as if too many copies were asked for, and says it in the text
   * alone (4.3.1).
   */
  private static boolean fenced(Throwable plain) {
    return plain instanceof InvalidReplicationFactorException
        && String.valueOf(plain.getMessage()).contains("All brokers are currently fenced");
  }

  private static ErrorCode code(Throwable plain) {
    if (plain instanceof SslAuthenticationException) {
      return ErrorCode.TLS;
    }
    if (plain instanceof AuthenticationException || plain instanceof AuthorizationException) {
      return ErrorCode.AUTH;
    }
    if (plain instanceof UnknownTopicOrPartitionException) {
      return ErrorCode.TOPIC_MISSING;
    }
    if (plain instanceof InvalidTopicException
        || plain instanceof InconsistentGroupProtocolException) {
      return ErrorCode.TOPOLOGY_MISMATCH;
    }
    if (fenced(plain)) {
      return ErrorCode.BROKER_UNREACHABLE;
    }
    if (plain instanceof InvalidReplicationFactorException
        || plain instanceof InvalidPartitionsException
        || plain instanceof ConfigException
        || unfit(plain)) {
      return ErrorCode.CONFIG_INVALID;
    }
    if (plain instanceof PolicyViolationException) {
      return ErrorCode.TOPOLOGY_FORBIDDEN;
    }
    if (plain instanceof RecordTooLargeException || plain instanceof RecordBatchTooLargeException) {
      return ErrorCode.TOO_LARGE;
    }
    if (plain instanceof TimeoutException
        || plain instanceof RetriableException
        || plain instanceof java.util.concurrent.TimeoutException) {
      return ErrorCode.BROKER_UNREACHABLE;
    }
    return ErrorCode.INTERNAL;
  }

  private static String text(Throwable plain, String what) {
    if (plain instanceof MessagingException ours) {
      return what + " failed: " + ours.code().id();
    }
    if (unfit(plain)) {
      return what
          + " failed: "
          + plain.getMessage()
          + " A compacted topic takes no message without a key, and no topic one of a client whose clock is far ahead (log.message.timestamp.after.max.ms)";
    }
    if (plain instanceof InconsistentGroupProtocolException) {
      return what
          + " failed: the group has members that another program or another kafka.group-protocol brought, which spread partitions in another way. Stop them, or give this consumer a group of its own";
    }
    String detail = plain.getClass().getSimpleName() + ": " + plain.getMessage();
    return what
        + " failed: "
        + detail
        + switch (code(plain)) {
          case BROKER_UNREACHABLE ->
              ". Check that the broker is up, that kafka.brokers names a listener for clients of this kind"
                  + " (plain, TLS or SASL: kafka.client.security.protocol), and that the addresses it advertises"
                  + " (advertised.listeners) can be reached from here";
          case AUTH ->
              ". Check kafka.client.sasl.mechanism, kafka.client.sasl.jaas.config and the permissions of the user";
          case TLS ->
              ". Check the certificate, its host name and kafka.client.ssl.truststore.location";
          case TOPIC_MISSING -> ". Declare the topic first; nothing is created by publishing";
          case CONFIG_INVALID -> ". Check kafka.partitions, kafka.replication and kafka.client.*";
          default -> "";
        };
  }
}
