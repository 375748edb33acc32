package dev.missive.testkit.launcher;

import dev.missive.MessagingException;
import java.util.List;
import java.util.Optional;

/**
 * A broker that runs. Thread-safe.
 *
 * @since 0.1
 */
public interface LiveBroker extends AutoCloseable {
  /**
   * Which broker.
   *
   * @return never null
   */
  BrokerKind kind();

  /**
   * Where it comes from. Only {@link BrokerOrigin#PROCESS} can be disturbed.
   *
   * @return never null
   */
  BrokerOrigin origin();

  /**
   * The version, for instance {@code 4.3.6}.
   *
   * @return {@code unknown} for one that the environment names, the image's tag in Docker
   */
  String version();

  /**
   * What a client is given: {@code amqp://guest:guest@127.0.0.1:20001}, {@code 127.0.0.1:20001} for
   * Kafka, {@code nats://127.0.0.1:20001}; with TLS {@code amqps} and {@code tls}, with a user its
   * name and password (not for Kafka); several nodes joined by commas. Leads through the proxies
   * where there are some. May hold a password.
   *
   * @return stays the same over restarts
   */
  String url();

  /**
   * The same past the proxies, for what watches and must not be disturbed.
   *
   * @return equal to {@link #url()} without proxies; for Kafka clients are led back to the proxies
   */
  String directUrl();

  /**
   * The processes.
   *
   * @return in the order of their names; empty if the broker is not ours
   */
  List<BrokerNode> nodes();

  /**
   * The first process.
   *
   * @return never null
   * @throws MessagingException CAPABILITY_MISSING if the broker is not ours
   */
  BrokerNode node();

  /**
   * The certificates of a broker with TLS.
   *
   * @return empty unless asked for with {@link BrokerOptions#withTls}
   */
  Optional<TlsFiles> tls();

  /**
   * Waits until all nodes that run answer and know each other.
   *
   * @throws MessagingException BROKER_UNREACHABLE if they do not in time, with the end of their
   *     logs
   */
  void awaitReady();

  /**
   * Kills all nodes, starts them again on the same ports and data, and waits until they are ready.
   *
   * @return the pids that were killed, for the report of a test
   * @throws MessagingException CAPABILITY_MISSING if the broker is not ours, BROKER_UNREACHABLE if
   *     it does not come up
   */
  List<Long> restart();

  /** Kills the processes and deletes their data. Does nothing the second time. */
  @Override
  void close();
}
