package dev.missive;

/**
 * The stable codes of everything that can go wrong. {@code docs/errors.md} says for each what to
 * do.
 *
 * @since 0.1
 */
public enum ErrorCode {
  /** A topic, group or pattern breaks the naming rules. */
  NAME_INVALID(false),
  /** A header name or value breaks the rules. */
  HEADER_INVALID(false),
  /** Key, headers or message exceed a limit. */
  TOO_LARGE(false),
  /** A setting or an argument is unknown or out of range. */
  CONFIG_INVALID(false),
  /** The broker cannot do what was asked for. */
  CAPABILITY_MISSING(false),
  /** The broker refused credentials or permission. */
  AUTH(false),
  /** The secure connection could not be made: wrong certificate, wrong host. */
  TLS(false),
  /** The topic does not exist. */
  TOPIC_MISSING(false),
  /** No group is bound to the topic (RabbitMQ, where that is the same as a missing topic). */
  UNROUTABLE(false),
  /** What exists at the broker differs from what was declared. */
  TOPOLOGY_MISMATCH(false),
  /** The broker does not permit the declaration. */
  TOPOLOGY_FORBIDDEN(false),
  /** The broker refused to store the message. */
  PUBLISH_REJECTED(true),
  /** The publish window is full, or a cursor of dead letters holds all it can. */
  BACKPRESSURE(true),
  /** The broker takes no messages for the time being. */
  BROKER_BLOCKED(true),
  /** The deadline of a publish has passed. */
  PUBLISH_TIMEOUT(true),
  /** The broker cannot be reached. */
  BROKER_UNREACHABLE(true),
  /** The object was closed. */
  CLOSED(false),
  /** The circuit breaker is open. */
  CIRCUIT_OPEN(true),
  /** No reply came in time, or the connection was lost while waiting. */
  REPLY_TIMEOUT(true),
  /** The responder failed. */
  REMOTE_FAILED(false),
  /** The payload could not be decoded. */
  UNDECODABLE(false),
  /** The router has no handler for the type. */
  TYPE_UNKNOWN(false),
  /** A handler exceeded {@code maxHandlingTime}. */
  HANDLER_TIMEOUT(true),
  /** The position does not exist; nothing was moved. */
  POSITION_UNKNOWN(false),
  /** No runtime or no adapter was found. */
  PROVIDER_MISSING(false),
  /** Several adapters were found and none was chosen. */
  PROVIDER_AMBIGUOUS(false),
  /** A defect of Missive, of an adapter or of an interceptor. */
  INTERNAL(false);

  private final boolean retryable;
  private final String id;

  ErrorCode(boolean retryable) {
    this.retryable = retryable;
    this.id = "MSG-" + name().replace('_', '-');
  }

  /**
   * The code as it is printed, for instance {@code MSG-NAME-INVALID}.
   *
   * @return never null
   */
  public String id() {
    return id;
  }

  /**
   * Whether the same call may succeed later without a change.
   *
   * @return true if so
   */
  public boolean retryable() {
    return retryable;
  }

  /** The same as {@link #id()}. */
  @Override
  public String toString() {
    return id;
  }
}
