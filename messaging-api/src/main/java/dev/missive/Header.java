package dev.missive;

/**
 * Names of the headers that Missive itself writes. They are the same for every broker, so that
 * other programs can read and write them. Numbers and instants are decimal text, instants as
 * milliseconds since 1970-01-01T00:00Z.
 *
 * @since 0.1
 */
public final class Header {
  /** What every header of Missive starts with; refused in headers of applications. */
  public static final String PREFIX = "missive-";

  /** {@link Message#topic()}, where the broker's own address is another one. */
  public static final String TOPIC = "missive-topic";

  /** {@link Message#id()}, where the broker has no field for it. */
  public static final String ID = "missive-id";

  /** {@link Message#type()}, where the broker has no field for it. */
  public static final String TYPE = "missive-type";

  /** {@link Message#keyBuffer()}, where the broker has no field for it. */
  public static final String KEY = "missive-key";

  /** Present on a message without payload, where the broker cannot tell absent from empty. */
  public static final String NULL = "missive-null";

  /** {@link Message#correlationId()}, where the broker has no field for it. */
  public static final String CORRELATION_ID = "missive-correlation-id";

  /** {@link Message#timestamp()}. */
  public static final String TIMESTAMP = "missive-ts";

  /** {@link Message#priority()}. */
  public static final String PRIORITY = "missive-priority";

  /** {@link Message#replyTo()}. */
  public static final String REPLY_TO = "missive-reply-to";

  /** The instant after which the message is not handled any more. */
  public static final String EXPIRES_AT = "missive-expires-at";

  /** The instant before which the message is not handled. */
  public static final String NOT_BEFORE = "missive-not-before";

  /** {@link Message#maxAttempts()}. */
  public static final String MAX_ATTEMPTS = "missive-max-attempts";

  /** {@link ReceivedMessage#attempt()} of a retry copy; absent means 1. */
  public static final String ATTEMPT = "missive-attempt";

  /** What the headers of dead letters start with. */
  public static final String DL_PREFIX = "missive-dl-";

  /** Dead letter: the original topic. */
  public static final String DL_TOPIC = "missive-dl-topic";

  /** Dead letter: the group that could not handle the message. */
  public static final String DL_GROUP = "missive-dl-group";

  /** Dead letter: one of {@link DeadLetters.Reason}, as its {@code text()}. */
  public static final String DL_REASON = "missive-dl-reason";

  /** Dead letter: the class of the exception. */
  public static final String DL_ERROR = "missive-dl-error";

  /** Dead letter: the text of the exception or the reason the handler gave, at most 1 KiB. */
  public static final String DL_MESSAGE = "missive-dl-message";

  /** Dead letter: the stack trace, at most 8 KiB, only on request. */
  public static final String DL_STACK = "missive-dl-stack";

  /** Dead letter: when it was written, RFC 3339 in UTC. */
  public static final String DL_AT = "missive-dl-at";

  /** Dead letter: how many runs had failed. */
  public static final String DL_ATTEMPTS = "missive-dl-attempts";

  /** Dead letter: how often this message has been dead-lettered. */
  public static final String DL_COUNT = "missive-dl-count";

  /** Dead letter: the original time of publication. */
  public static final String DL_TIMESTAMP = "missive-dl-timestamp";

  /** Dead letter: {@code partition:offset} of the original where one exists. */
  public static final String DL_POSITION = "missive-dl-position";

  /** Reply of a responder that failed: the class of its exception. */
  public static final String REMOTE_ERROR = "missive-remote-error";

  private Header() {}
}
