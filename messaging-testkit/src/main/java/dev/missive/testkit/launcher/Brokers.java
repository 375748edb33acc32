package dev.missive.testkit.launcher;

/**
 * Where to begin: {@code Brokers.rabbitmq().start()} gives a broker that runs.
 *
 * <p>Each is looked for in this order: one that already runs, named by {@code RABBITMQ_URL}, {@code
 * KAFKA_BROKERS} or {@code NATS_URL}; processes of our own from what {@code scripts/fetch-brokers}
 * put into {@code ~/.cache/missive} (or {@code MISSIVE_CACHE}); a container, if {@code
 * org.testcontainers:testcontainers} is on the class path and Docker answers (the variables {@code
 * MISSIVE_RABBITMQ_IMAGE}, {@code MISSIVE_KAFKA_IMAGE} and {@code MISSIVE_NATS_IMAGE} name other
 * images). What needs a broker of our own (several nodes, a proxy, settings) is a process always.
 *
 * <p>Processes listen on loopback only, on free ports below 32768 (system property {@code
 * missive.ports} or variable {@code MISSIVE_PORTS}, for instance {@code 24000-24999}; default
 * {@code 20000-32767}), keep their data in a folder of their own, and end with this JVM, however it
 * ends.
 *
 * @since 0.1
 */
public final class Brokers {
  private Brokers() {}

  /**
   * RabbitMQ; user guest, password guest.
   *
   * @return one node of the newest version
   */
  public static BrokerOptions rabbitmq() {
    return BrokerOptions.of(BrokerKind.RABBITMQ);
  }

  /**
   * Kafka in KRaft mode, with the timeouts set short.
   *
   * @return one broker of the newest version
   */
  public static BrokerOptions kafka() {
    return BrokerOptions.of(BrokerKind.KAFKA);
  }

  /**
   * NATS with JetStream.
   *
   * @return one server of the newest version
   */
  public static BrokerOptions nats() {
    return BrokerOptions.of(BrokerKind.NATS);
  }
}
