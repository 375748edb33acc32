package dev.missive.spi;

import java.util.Optional;
import java.util.concurrent.ThreadFactory;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What an adapter gets from the runtime. Thread-safe; nothing here blocks.
 *
 * @since 0.1
 */
public interface BrokerContext {

  /**
   * The value of a setting that has a default.
   *
   * @param key as declared in {@link BrokerProvider#settings()}
   * @param type as declared
   * @param <T> its type
   * @return never null
   * @throws dev.missive.MessagingException INTERNAL if the key was not declared, has another type,
   *     or has neither value nor default
   */
  <T> T setting(String key, Class<T> type);

  /**
   * The value of a setting that may be absent.
   *
   * @param key as declared in {@link BrokerProvider#settings()}
   * @param type as declared
   * @param <T> its type
   * @return empty if it has neither value nor default
   */
  <T> Optional<T> optional(String key, Class<T> type);

  /**
   * A setting that says who logs in. To be asked anew at every login, or after one that was
   * refused, on a thread that may block and without locks: what an application supplies may change
   * while the connection lives (semantics S23).
   *
   * @param key as declared in {@link BrokerProvider#settings()}, a {@link
   *     BrokerProvider.Setting#credential}
   * @return empty if nothing is set; else what to ask, which throws {@link
   *     dev.missive.MessagingException} AUTH if the application's supplier throws or has no answer
   * @throws dev.missive.MessagingException INTERNAL if the key was not declared as a credential
   */
  Optional<Supplier<String>> credential(String key);

  /**
   * What to call this client at the broker: application and connection name, unique enough for
   * people to find it.
   *
   * @return never null
   */
  String clientName();

  /**
   * The clock. Adapters set their timers on it and take every instant from it, so that tests can
   * move it. Around a client that blocks its caller they may also wait on the real one, for a
   * bounded time, on a thread of their own.
   *
   * @return always the same one
   */
  Time time();

  /**
   * Makes threads named {@code missive-<broker>-<client>-<role>-<n>}, daemons, known to the runtime
   * as I/O threads: a publish there never waits.
   *
   * @param role what they do, one word
   * @return a new factory
   */
  ThreadFactory threads(String role);

  /**
   * Reports the state of the connection. To be called on every change, in order; the runtime
   * returns at once.
   *
   * <p>When a connection goes: first the epoch ends (its deliveries answer STALE), then sends
   * without an answer fail in order, then {@link DeliveryListener#revoked} of each subscription,
   * then RECONNECTING. CONNECTED after a loss makes the runtime take a new {@link Sender}.
   * Subscriptions are restored by the adapter itself, before or after.
   *
   * <p>An adapter with several connections (one to publish, one to consume) still reports one link:
   * when one of them goes it closes the others, and CONNECTED means that all of them stand. BLOCKED
   * is about publishing alone.
   *
   * @param state the new state
   * @param reason what happened, for people; no secret
   * @param cause null if there is none
   */
  void connection(Link state, String reason, @Nullable Throwable cause);

  /** States of a connection, as the adapter sees them. */
  enum Link {
    /** The first connection is being made. */
    CONNECTING,
    /** It stands. */
    CONNECTED,
    /** It stands, but the broker takes no messages. */
    BLOCKED,
    /** It was lost and is being made again. */
    RECONNECTING,
    /** The broker refuses the credentials. */
    AUTH_FAILED,
    /** Closed for good. */
    CLOSED
  }
}
