package dev.missive.rabbitmq;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.AlreadyClosedException;
import com.rabbitmq.client.AuthenticationFailureException;
import com.rabbitmq.client.ShutdownSignalException;
import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.PublishException;
import dev.missive.PublishException.Outcome;
import dev.missive.Topology.Difference;
import dev.missive.spi.Destination;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** The one place that turns what the client and the broker say into our errors. */
final class RabbitErrors {
  /** As in: inequivalent arg 'x' for queue 'q' in vhost '/': received … but current is …. */
  private static final Pattern INEQUIVALENT =
      Pattern.compile(
          "inequivalent arg '([^']+)' for (queue|exchange) '([^']+)'.*?: received (.*?) but current is (.*)",
          Pattern.DOTALL);

  private static final Pattern VALUE = Pattern.compile("'([^']*)'");
  private static final Pattern MISSING = Pattern.compile("no (queue|exchange) '([^']+)'");
  private static final Pattern REFUSED_EXCHANGE = Pattern.compile("exchange '([^']+)'");

  private RabbitErrors() {}

  /** Why a connection cannot be made. */
  static MessagingException connecting(Throwable cause, String where) {
    if (cause instanceof MessagingException known) {
      return known;
    }
    // Brokers that are supported say that they refuse a login; one that went meanwhile did not
    // (PossibleAuthenticationFailureException).
    AMQP.Connection.Close close = closed(cause);
    if (cause instanceof AuthenticationFailureException
        || close != null && close.getReplyCode() == AMQP.ACCESS_REFUSED
        || close != null && close.getReplyCode() == AMQP.NOT_ALLOWED) {
      return new MessagingException(
          ErrorCode.AUTH,
          "RabbitMQ at "
              + where
              + " refuses the login: "
              + (close == null ? "wrong user or password" : close.getReplyText())
              + ". Check rabbitmq.username, rabbitmq.password and rabbitmq.vhost, and the user's permissions there",
          cause);
    }
    for (Throwable t = cause; t != null; t = t.getCause()) {
      if (t instanceof SSLException) {
        return new MessagingException(
            ErrorCode.TLS,
            "no secure connection to RabbitMQ at "
                + where
                + ": "
                + t.getMessage()
                + ". Check the port, rabbitmq.tls.trust-store, the host name in the certificate, and rabbitmq.tls.key-store if the broker wants one of the client",
            cause);
      }
    }
    return unreachable("no connection to " + where + ": " + said(cause), cause);
  }

  static MessagingException unreachable(String why, @Nullable Throwable cause) {
    return new MessagingException(
        ErrorCode.BROKER_UNREACHABLE,
        why + ". Is RabbitMQ up, and are its address and port right",
        cause);
  }

  /** Why an order to the broker failed: a declaration, a subscription, a count. */
  static MessagingException ordering(Throwable cause, String what) {
    if (cause instanceof MessagingException known) {
      return known;
    }
    ShutdownSignalException signal = signal(cause);
    AMQP.Channel.Close close =
        signal != null && signal.getReason() instanceof AMQP.Channel.Close c ? c : null;
    if (close == null) {
      return unreachable(what + " failed: " + said(cause), cause);
    }
    String text = close.getReplyText();
    return switch (close.getReplyCode()) {
      case AMQP.NOT_FOUND ->
          new MessagingException(
              ErrorCode.TOPIC_MISSING,
              what + " failed: " + missing(text) + " does not exist. " + remedy(missing(text)),
              cause);
      case AMQP.ACCESS_REFUSED ->
          new MessagingException(
              ErrorCode.TOPOLOGY_FORBIDDEN,
              what + " failed: " + text + ". Give the user the permission, or declare it otherwise",
              cause);
      case AMQP.PRECONDITION_FAILED, AMQP.RESOURCE_LOCKED, AMQP.NOT_ALLOWED ->
          new MessagingException(
              ErrorCode.TOPOLOGY_MISMATCH, what + " failed: " + mismatch(text), cause);
      default -> unreachable(what + " failed: " + text, cause);
    };
  }

  /** Whether the broker says that something is not there. */
  static boolean isMissing(Throwable cause) {
    return closedWith(cause, AMQP.NOT_FOUND) != null;
  }

  /** Whether the broker says that this user may not. */
  static boolean isForbidden(Throwable cause) {
    return closedWith(cause, AMQP.ACCESS_REFUSED) != null;
  }

  /** The difference the broker names; null if it is another failure. */
  static @Nullable Difference difference(Throwable cause) {
    AMQP.Channel.Close close = closedWith(cause, AMQP.PRECONDITION_FAILED);
    Matcher found = close == null ? null : INEQUIVALENT.matcher(close.getReplyText());
    return found == null || !found.find()
        ? null
        : new Difference(
            found.group(2) + " " + found.group(3),
            String.valueOf(found.group(1)),
            value(found.group(4)),
            value(found.group(5)),
            Difference.Kind.DIFFERENT);
  }

  private static String mismatch(String text) {
    Matcher found = INEQUIVALENT.matcher(text);
    if (!found.find()) {
      return text;
    }
    return found.group(2)
        + " "
        + found.group(3)
        + " exists with another "
        + found.group(1)
        + ": want "
        + value(found.group(4))
        + ", have "
        + value(found.group(5))
        + ". A queue's arguments cannot be changed: use the same ones, another group, or delete it when it is empty";
  }

  /** From: the value '50' of type 'signedint'; none. */
  private static String value(@Nullable String said) {
    Matcher found = VALUE.matcher(String.valueOf(said));
    return found.find() ? String.valueOf(found.group(1)) : "none";
  }

  private static String missing(String text) {
    Matcher found = MISSING.matcher(text);
    return found.find() ? found.group(1) + " " + found.group(2) : text;
  }

  private static String remedy(String missing) {
    return missing.contains(DelayCascade.PREFIX)
        ? "It is one of the delay queues, through which retries come back. They are made once, by a user who may: messaging.topology().apply(Topology.Plan.empty())"
        : "Declare it with messaging.topology().declare(topic, group), or with topology.mode DECLARE";
  }

  // ---- publishing

  static PublishException lost(boolean handedOver, String why, @Nullable Throwable cause) {
    return new PublishException(
        ErrorCode.BROKER_UNREACHABLE,
        handedOver ? Outcome.UNKNOWN : Outcome.NOT_STORED,
        "the connection to RabbitMQ was lost: " + why,
        cause);
  }

  static PublishException unroutable(Send send, @Nullable Throwable cause) {
    return new PublishException(
        ErrorCode.UNROUTABLE,
        Outcome.NOT_STORED,
        send.to instanceof Destination.Reply
            ? "whoever waited at " + send.to + " is gone"
            : "nothing is bound to "
                + send.to
                + ". RabbitMQ stores nothing that no group waits for: declare a group with messaging.topology().declare(topic, group), or start a consumer",
        cause);
  }

  static PublishException nacked(Send send) {
    return new PublishException(
        ErrorCode.PUBLISH_REJECTED,
        Outcome.UNKNOWN,
        "RabbitMQ refused a message to "
            + send.to
            + ". A queue is at its limit or has lost its majority; others may have stored it",
        null);
  }

  static PublishException tooLate(Send send) {
    return new PublishException(
        ErrorCode.PUBLISH_TIMEOUT,
        Outcome.UNKNOWN,
        "RabbitMQ did not answer for a message to "
            + send.to
            + " before its deadline. Has its queue lost the majority of its nodes",
        null);
  }

  static PublishException unfit(Send send, Throwable cause) {
    return new PublishException(
        ErrorCode.INTERNAL,
        Outcome.NOT_STORED,
        "the RabbitMQ client cannot write a message to " + send.to + ": " + said(cause),
        cause);
  }

  static PublishException tooFar(Send send) {
    return new PublishException(
        ErrorCode.CONFIG_INVALID,
        Outcome.NOT_STORED,
        "a message to " + send.to + " is delayed by more than 2^28 s, the limit on RabbitMQ",
        null);
  }

  /**
   * What a channel that the broker closed says about one of the messages it held.
   *
   * @return null if nothing: it may have been stored
   */
  static @Nullable PublishException blamed(
      Send send, int size, @Nullable ShutdownSignalException signal) {
    if (signal == null || !(signal.getReason() instanceof AMQP.Channel.Close close)) {
      return null;
    }
    String text = close.getReplyText();
    Matcher exchange = REFUSED_EXCHANGE.matcher(text);
    boolean named = exchange.find() && send.exchange.equals(exchange.group(1));
    if (named && close.getReplyCode() == AMQP.NOT_FOUND) {
      return unroutable(send, signal);
    }
    if (named && close.getReplyCode() == AMQP.ACCESS_REFUSED) {
      return new PublishException(
          ErrorCode.AUTH,
          Outcome.NOT_STORED,
          "RabbitMQ refuses a message to "
              + send.to
              + ": "
              + text
              + ". Give the user the permission to write there",
          signal);
    }
    if (close.getReplyCode() == AMQP.PRECONDITION_FAILED
        && text.contains("message size " + size + " ")) {
      return new PublishException(
          ErrorCode.TOO_LARGE,
          Outcome.NOT_STORED,
          "RabbitMQ refuses a message to " + send.to + ": " + text,
          signal);
    }
    return null;
  }

  // ---- reading what the client throws

  private static AMQP.Connection.@Nullable Close closed(Throwable cause) {
    ShutdownSignalException signal = signal(cause);
    return signal != null && signal.getReason() instanceof AMQP.Connection.Close close
        ? close
        : null;
  }

  private static AMQP.Channel.@Nullable Close closedWith(Throwable cause, int code) {
    ShutdownSignalException signal = signal(cause);
    return signal != null
            && signal.getReason() instanceof AMQP.Channel.Close close
            && close.getReplyCode() == code
        ? close
        : null;
  }

  private static @Nullable ShutdownSignalException signal(Throwable cause) {
    for (Throwable t = cause; t != null; t = t.getCause()) {
      if (t instanceof ShutdownSignalException signal) {
        return signal;
      }
    }
    return null;
  }

  /** One line without the client's printout of protocol objects where there is something better. */
  static String said(@Nullable Throwable cause) {
    if (cause == null) {
      return "no reason given";
    }
    ShutdownSignalException signal = signal(cause);
    if (signal != null && signal.getReason() instanceof AMQP.Connection.Close close) {
      return close.getReplyText();
    }
    if (signal != null && signal.getReason() instanceof AMQP.Channel.Close close) {
      return close.getReplyText();
    }
    if (signal != null && signal.getCause() != null) {
      return said(signal.getCause());
    }
    if (cause instanceof AlreadyClosedException) {
      return "it is closed";
    }
    String text = cause.getMessage();
    return text == null || text.isBlank() ? cause.getClass().getSimpleName() : text;
  }
}
