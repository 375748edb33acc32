package dev.missive;

import dev.missive.spi.BrokerProvider;
import dev.missive.spi.MessagingFactory;
import dev.missive.spi.Time;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One connection to one broker, and everything that can be done with it. Thread-safe.
 *
 * <p>Opening does no I/O; {@link #start()}, a consumer's {@code start()} and the first publish
 * connect. Which broker: the setting {@code broker}; else the only adapter on the class path that
 * is not {@code memory}; else {@code memory}.
 *
 * <p>Settings come from code, system properties, environment variables ({@code MESSAGING_…}) and
 * the file {@code messaging.yaml} or {@code messaging.properties}, in this order.
 *
 * @since 0.1
 */
public interface Messaging extends AutoCloseable {

  /**
   * Opens with the settings found outside the code.
   *
   * @return an open connection that has not connected yet
   * @throws MessagingException {@link ErrorCode#CONFIG_INVALID} with every problem at once, {@link
   *     ErrorCode#PROVIDER_MISSING}, {@link ErrorCode#PROVIDER_AMBIGUOUS}
   */
  static Messaging open() {
    return builder().open();
  }

  /**
   * Starts to open.
   *
   * @return a new builder
   * @throws MessagingException {@link ErrorCode#PROVIDER_MISSING} if messaging-core is not on the
   *     class path
   */
  static Builder builder() {
    Optional<MessagingFactory> found =
        ServiceLoader.load(MessagingFactory.class, Messaging.class.getClassLoader()).findFirst();
    ClassLoader context = Thread.currentThread().getContextClassLoader();
    if (found.isEmpty() && context != null) {
      found = ServiceLoader.load(MessagingFactory.class, context).findFirst();
    }
    return found
        .orElseThrow(
            () ->
                new MessagingException(
                    ErrorCode.PROVIDER_MISSING,
                    "no runtime was found on the class path. Add the dependency messaging-core, or an adapter, which brings it along"))
        .builder();
  }

  /**
   * The default producer, shared by everybody who asks; it lives as long as this connection.
   *
   * @return always the same one
   */
  Producer producer();

  /**
   * Starts a producer of its own.
   *
   * @return a new builder
   */
  Producer.Builder producerBuilder();

  /**
   * Starts a consumer.
   *
   * <p>From its start until it is stopped this connection keeps it, also if it fails. One that was
   * never started, or has stopped, is kept by the application alone: once that has forgotten it,
   * {@link #health()} shows it no more. What it has counted stays in {@link #counters()}.
   *
   * @param topics at least one; a topic with {@code *} (one token) or a last {@code >} (one or
   *     more) is a pattern ({@link Capability#WILDCARD})
   * @return a new builder
   */
  Consumer.Builder consumer(String... topics);

  /**
   * A requester.
   *
   * @return always the same one; it lives as long as this connection
   */
  Requester requester();

  /**
   * A new router that decodes with this connection's codecs.
   *
   * @return an empty router
   */
  Router router();

  /**
   * Topics and groups at the broker.
   *
   * @return always the same one
   */
  Topology topology();

  /**
   * Dead letters.
   *
   * @return always the same one
   */
  DeadLetters deadLetters();

  /**
   * How everything is. Never fails, no I/O.
   *
   * @return a snapshot
   */
  Health health();

  /**
   * Plain numbers.
   *
   * @return a snapshot
   */
  Counters counters();

  /**
   * What the broker can do. Connects if necessary.
   *
   * @param capability the capability
   * @return how it is supported
   * @throws MessagingException if the broker cannot be reached within {@code connect.timeout}
   */
  Capability.Support support(Capability capability);

  /**
   * The settings in force, secrets masked, for printing.
   *
   * @return sorted by key
   */
  List<Setting> configuration();

  /**
   * The adapter's own handle, for what this interface cannot express. Code that uses it is tied to
   * one broker.
   *
   * @param type the wanted class
   * @param <T> its type
   * @return empty if the adapter has nothing of that class
   */
  <T> Optional<T> unwrap(Class<T> type);

  /**
   * Connects and starts the consumers bound to this connection (by Guice). Idempotent.
   *
   * @throws MessagingException as {@link Consumer#start()}
   */
  void start();

  /**
   * Stops all consumers, flushes all producers and closes the connection. Idempotent. Returns
   * within the timeout plus 1 s, also while somebody else stops or closes with more time: the
   * earlier end of both counts.
   *
   * <p>Called from a handler of this connection, or on a thread of Missive ({@link Consumer#stop}),
   * it does not wait for itself: it returns at once with the counts so far, nothing new begins, and
   * closing goes on, once that handler has returned, on a thread for which the JVM waits. Whoever
   * else calls waits for the end and gets the final reports.
   *
   * @param timeout how long handlers and publishes may take
   * @return one report per consumer that was started and not stopped
   * @throws MessagingException {@link ErrorCode#CONFIG_INVALID} if the timeout is negative
   */
  List<DrainReport> close(Duration timeout);

  /** Closes with a timeout of 30 s. */
  @Override
  default void close() {
    close(Duration.ofSeconds(30));
  }

  /**
   * One setting in force.
   *
   * @param key the key
   * @param value its value; {@code ***} for a secret; null if not set
   * @param origin where it comes from, for instance {@code variable MESSAGING_BROKER}
   */
  record Setting(String key, @Nullable String value, String origin) {
    /**
     * Checks the parts.
     *
     * @param key the key
     * @param value its value; {@code ***} for a secret; null if not set
     * @param origin where it comes from, for instance {@code variable MESSAGING_BROKER}
     */
    public Setting {
      Objects.requireNonNull(key, "key");
      Objects.requireNonNull(origin, "origin");
    }
  }

  /**
   * Collects how to open. Not thread-safe. Each method returns this builder.
   *
   * @since 0.1
   */
  interface Builder {

    /**
     * Sets one setting; wins over every other source.
     *
     * @param key the key, for instance {@code broker}
     * @param value its value
     * @return this
     */
    Builder setting(String key, String value);

    /**
     * Sets many settings.
     *
     * @param settings keys and values
     * @return this
     */
    Builder settings(Map<String, String> settings);

    /**
     * Sets a credential that may change while the connection lives: the adapter asks for it before
     * it logs in, and while the broker refuses it once per {@code auth-retry}. RabbitMQ, NATS and
     * the in-memory broker ask at every login; Kafka, whose clients log in by themselves, at the
     * first one and after each that was refused. Wins over every other source.
     *
     * <p>The supplier is called on a thread of the adapter and may block, but the login waits for
     * it: {@code connect.timeout} includes its time. If it throws or returns null the login counts
     * as refused ({@link ErrorCode#AUTH}), or, on Kafka, an earlier answer stays. What it returns
     * is never shown. Two credentials are asked one after the other; one that is changed between
     * them is refused once.
     *
     * @param key a setting that its adapter documents as a credential, for instance {@code
     *     rabbitmq.password}; any other is CONFIG_INVALID in {@link #open()}
     * @param value asked from several threads if the adapter has several connections
     * @return this
     */
    Builder credential(String key, Supplier<String> value);

    /**
     * Opens the connection of this name: its settings are {@code connections.<name>.*}, and below
     * them the general ones.
     *
     * <p>A variable cannot say how a name is spelt, so {@code MESSAGING_CONNECTIONS_ORDER_AUDIT_…}
     * is matched with the names that other sources spell out, that of the connection being opened,
     * and those listed in the setting {@code connections}. One that matches none is an error.
     *
     * @param name letters, digits, {@code -} and {@code _}
     * @return this
     */
    Builder connection(String name);

    /**
     * Adds interceptors, after those added before.
     *
     * @param interceptors outermost first
     * @return this
     */
    Builder interceptors(Interceptor... interceptors);

    /**
     * Adds codecs; they win over the built-in ones for JSON, CBOR, text and bytes.
     *
     * @param codecs the codecs
     * @return this
     */
    Builder codecs(Codec... codecs);

    /**
     * Adds adapters made in code; they win over those found on the class path.
     *
     * @param providers the adapters
     * @return this
     */
    Builder providers(BrokerProvider... providers);

    /**
     * Replaces the clock, for tests.
     *
     * @param time the clock; default the system's
     * @return this
     */
    Builder time(Time time);

    /**
     * Opens. No I/O.
     *
     * @return the connection
     * @throws MessagingException as {@link Messaging#open()}
     */
    Messaging open();
  }
}
