package dev.missive.nats;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.PublishException;
import dev.missive.PublishException.Outcome;
import io.nats.client.AuthenticationException;
import io.nats.client.JetStreamApiException;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Everything that can go wrong with NATS, in the words of Missive. The only place that does so. */
final class NatsErrors {
  static final int STREAM_NOT_FOUND = 10059;
  static final int CONSUMER_NOT_FOUND = 10014;
  static final int STREAM_NAME_IN_USE = 10058;
  static final int SUBJECTS_OVERLAP = 10065;
  static final int CONSUMER_EXISTS = 10148;
  private static final int NOT_LEADER = 10009;
  private static final int STREAM_OFFLINE = 10118;
  private static final int CONSUMER_OFFLINE = 10119;
  private static final int MESSAGE_TOO_LARGE = 10054;
  private static final int NOT_ENABLED_ACCOUNT = 10039;
  private static final int NOT_ENABLED = 10076;

  /** jnats prints addresses as they were given. */
  private static final Pattern USER_INFO = Pattern.compile("//[^/@\\s]*@");

  private NatsErrors() {}

  static String clean(@Nullable String text) {
    return text == null ? "" : USER_INFO.matcher(text).replaceAll("//");
  }

  /** Why a connection was lost, for people; some exceptions of jnats say nothing. */
  static String loss(@Nullable Throwable why) {
    if (why == null) {
      return "the server closed it";
    }
    String text = clean(why.getMessage());
    return text.isBlank() ? why.getClass().getSimpleName() : text;
  }

  // ---- connecting

  /**
   * Why a connection could not be made.
   *
   * @param seen what jnats told its listener meanwhile, which is more than what it throws
   */
  static MessagingException connecting(
      NatsSettings settings, Throwable thrown, @Nullable Throwable seen) {
    String where = "NATS at " + settings.servers;
    if (thrown instanceof MessagingException known) {
      return known;
    }
    Throwable refusal = seen instanceof AuthenticationException ? seen : thrown;
    if (refusal instanceof AuthenticationException) {
      return new MessagingException(
          ErrorCode.AUTH,
          where
              + " refuses the credentials: "
              + clean(refusal.getMessage())
              + ". Check nats.username and nats.password, nats.token, nats.nkey or"
              + " nats.credentials-file",
          safe(refusal));
    }
    Throwable secure = tls(seen);
    if (secure == null && settings.tls) {
      secure = NatsRefusal.of(settings, seen == null ? thrown : seen);
    }
    if (secure != null) {
      return new MessagingException(
          ErrorCode.TLS,
          where
              + ": no secure connection: "
              + clean(secure.getMessage())
              + ". Check nats.tls, nats.tls.trust-store, the host name in the server's certificate,"
              + " and nats.tls.key-store if the server wants one of the client",
          secure);
    }
    Throwable why = seen == null ? thrown : seen;
    return new MessagingException(
        ErrorCode.BROKER_UNREACHABLE, where + ": " + said(settings, why), safe(why));
  }

  private static String said(NatsSettings settings, Throwable why) {
    return why instanceof TimeoutException
        ? "no answer within nats.connect-timeout (" + settings.connectTimeout.toMillis() + " ms)"
        : clean(String.valueOf(why.getMessage()));
  }

  /** Whether the server refuses the login with this text. */
  static boolean refusal(String error) {
    String text = error.toLowerCase(Locale.ROOT);
    return text.contains("authorization violation") || text.contains("authentication");
  }

  /** Whether the server forbids something to a user whom it let in. */
  static boolean notPermitted(String error) {
    return error.toLowerCase(Locale.ROOT).contains("permissions violation");
  }

  /** It lets us in, and forbids what every client needs. */
  static MessagingException notPermitted(NatsSettings settings, AuthenticationException error) {
    return new MessagingException(
        ErrorCode.AUTH,
        "NATS at "
            + settings.servers
            + " does not permit this user what every client needs: "
            + clean(error.getMessage())
            + ". Permit it to publish to $JS.API.> and to subscribe to _INBOX.>");
  }

  static MessagingException mayNotPull(String violation) {
    return new MessagingException(
        ErrorCode.AUTH,
        "NATS does not permit this user to ask for messages: "
            + clean(violation)
            + ". Change the user's permissions");
  }

  static @Nullable Throwable tls(@Nullable Throwable error) {
    for (Throwable e = error; e != null; e = e.getCause()) {
      String text = String.valueOf(e.getMessage());
      if (e instanceof SSLException
          || e instanceof GeneralSecurityException
          || text.startsWith("SSL required by server")
          || text.startsWith("SSL connection wanted by client")) {
        return e;
      }
    }
    return null;
  }

  /** The cause as it is, unless it shows what must not be seen. */
  private static @Nullable Throwable safe(@Nullable Throwable cause) {
    for (Throwable e = cause; e != null; e = e.getCause()) {
      if (!clean(String.valueOf(e.getMessage())).equals(String.valueOf(e.getMessage()))) {
        return null;
      }
    }
    return cause;
  }

  static MessagingException notEnabled(String version) {
    return new MessagingException(
        ErrorCode.CAPABILITY_MISSING,
        "NATS "
            + version
            + " runs without JetStream for this account. Start the server with -js, or enable it"
            + " for the account");
  }

  static boolean notEnabled(int errorCode) {
    return errorCode == NOT_ENABLED || errorCode == NOT_ENABLED_ACCOUNT;
  }

  static MessagingException unreachable(String what) {
    return new MessagingException(
        ErrorCode.BROKER_UNREACHABLE, "NATS did not answer " + what + ": no connection");
  }

  static MessagingException closed() {
    return new MessagingException(ErrorCode.CLOSED, "the connection to NATS was closed");
  }

  // ---- publishing

  static PublishException lost(Outcome outcome) {
    return new PublishException(
        ErrorCode.BROKER_UNREACHABLE, outcome, "the connection to NATS was lost", null);
  }

  static PublishException noAnswer(String subject) {
    return new PublishException(
        ErrorCode.PUBLISH_TIMEOUT,
        Outcome.UNKNOWN,
        "NATS did not acknowledge a message to " + subject + " in time (nats.publish-timeout)",
        null);
  }

  static PublishException noLeader(String subject) {
    return new PublishException(
        ErrorCode.PUBLISH_REJECTED,
        Outcome.NOT_STORED,
        "no server answers for the stream of " + subject + " right now",
        null);
  }

  static PublishException topicMissing(String subject) {
    return new PublishException(
        ErrorCode.TOPIC_MISSING,
        Outcome.NOT_STORED,
        "no stream stores the subject "
            + subject
            + ". Declare the topic with messaging.topology().declare(topic, group), or start a"
            + " consumer of it",
        null);
  }

  static PublishException nobodyWaits(String address) {
    return new PublishException(
        ErrorCode.UNROUTABLE,
        Outcome.NOT_STORED,
        "nobody waits for a reply at " + address + " any more",
        null);
  }

  static PublishException forbidden(String subject) {
    return new PublishException(
        ErrorCode.AUTH,
        Outcome.NOT_STORED,
        "NATS does not permit this user to publish to "
            + subject
            + ". Change the user's permissions",
        null);
  }

  static PublishException unsendable(RuntimeException e) {
    boolean size = e instanceof IllegalArgumentException;
    return new PublishException(
        size ? ErrorCode.TOO_LARGE : ErrorCode.BROKER_UNREACHABLE,
        Outcome.NOT_STORED,
        size
            ? "NATS takes no message of this size: "
                + clean(e.getMessage())
                + ". max_payload of the server counts headers too"
            : "the client took no message: " + clean(e.getMessage()),
        e);
  }

  /** What the server answered instead of an acknowledgement. */
  static PublishException refused(String subject, int errorCode, String description) {
    boolean size = errorCode == MESSAGE_TOO_LARGE;
    return new PublishException(
        size ? ErrorCode.TOO_LARGE : ErrorCode.PUBLISH_REJECTED,
        Outcome.NOT_STORED,
        "NATS refused a message to " + subject + ": " + clean(description) + " [" + errorCode + "]",
        null);
  }

  static PublishException delayTooLong(String topic, Duration kept) {
    return new PublishException(
        ErrorCode.CONFIG_INVALID,
        Outcome.NOT_STORED,
        "a message to "
            + topic
            + " is delayed by more than half of what its stream keeps, max_age "
            + kept
            + ", and could be dropped before it is due. Delay it less, or keep the stream longer"
            + " (nats.max-age where it is made)",
        null);
  }

  static PublishException retentionUnanswered(String topic) {
    return new PublishException(
        ErrorCode.PUBLISH_TIMEOUT,
        Outcome.NOT_STORED,
        "NATS did not say in time (nats.publish-timeout) how long the stream of "
            + topic
            + " keeps a delayed message",
        null);
  }

  /** How long the stream of a topic keeps messages is not known, and one to it is delayed. */
  static PublishException retentionUnknown(String topic, MessagingException why) {
    if (why instanceof PublishException known) {
      return known;
    }
    return why.code() == ErrorCode.TOPOLOGY_FORBIDDEN
        ? retentionForbidden(topic)
        : new PublishException(
            why.code(),
            Outcome.NOT_STORED,
            "a message to "
                + topic
                + " is delayed, but how long its stream keeps messages is not known",
            why);
  }

  static PublishException retentionForbidden(String topic) {
    return new PublishException(
        ErrorCode.AUTH,
        Outcome.NOT_STORED,
        "a message to "
            + topic
            + " is delayed, but how long its stream keeps messages may not be seen. Permit this"
            + " user to publish to $JS.API.STREAM.NAMES and $JS.API.STREAM.INFO.>",
        null);
  }

  static PublishException batchTooLarge(int size, int most) {
    return batch("a batch has " + size + " messages, NATS stores at most " + most + " together");
  }

  static PublishException batchOfTopics(List<String> topics) {
    return batch(
        "a batch has messages to " + topics + ", NATS stores only messages of one topic together");
  }

  private static PublishException batch(String why) {
    return new PublishException(ErrorCode.CONFIG_INVALID, Outcome.NOT_STORED, why, null);
  }

  // ---- topology and subscriptions

  static MessagingException missing(String what) {
    return new MessagingException(
        ErrorCode.TOPIC_MISSING, what + " does not exist at NATS. Declare it first");
  }

  static MessagingException mismatch(String text) {
    return new MessagingException(
        ErrorCode.TOPOLOGY_MISMATCH,
        "NATS has something else: "
            + text
            + ". Use another name or the same settings, or change it at the server");
  }

  /** Whether the server may answer otherwise soon. */
  private static boolean passes(JetStreamApiException e) {
    return e.getErrorCode() == 503
        || e.getApiErrorCode() == NOT_LEADER
        || e.getApiErrorCode() == STREAM_OFFLINE
        || e.getApiErrorCode() == CONSUMER_OFFLINE;
  }

  /** Why a question to JetStream failed. */
  static MessagingException asking(String what, Exception e, @Nullable String violation) {
    if (e instanceof MessagingException known) {
      return known;
    }
    if (e instanceof JetStreamApiException api) {
      return switch (api.getApiErrorCode()) {
        case STREAM_NOT_FOUND, CONSUMER_NOT_FOUND -> missing(what);
        case STREAM_NAME_IN_USE, SUBJECTS_OVERLAP, CONSUMER_EXISTS ->
            mismatch(what + ": " + clean(api.getErrorDescription()));
        default ->
            new MessagingException(
                passes(api) ? ErrorCode.BROKER_UNREACHABLE : ErrorCode.TOPOLOGY_FORBIDDEN,
                "NATS refused " + what + ": " + clean(api.getMessage()),
                e);
      };
    }
    if (violation != null) {
      return new MessagingException(
          ErrorCode.TOPOLOGY_FORBIDDEN,
          "NATS does not permit this user "
              + what
              + ": "
              + clean(violation)
              + ". Change the user's permissions, or use topology.mode",
          null);
    }
    return new MessagingException(
        ErrorCode.BROKER_UNREACHABLE,
        "NATS did not answer: " + what + ": " + clean(String.valueOf(e.getMessage())),
        safe(e));
  }
}
