package dev.missive.testkit.launcher;

/**
 * The brokers that can be launched.
 *
 * @since 0.1
 */
public enum BrokerKind {
  /** RabbitMQ. */
  RABBITMQ("rabbitmq", "RABBITMQ_URL"),
  /** Apache Kafka, without ZooKeeper. */
  KAFKA("kafka", "KAFKA_BROKERS"),
  /** NATS with JetStream. */
  NATS("nats", "NATS_URL");

  private final String id;
  private final String variable;

  BrokerKind(String id, String variable) {
    this.id = id;
    this.variable = variable;
  }

  /**
   * The name that scripts, folders and adapters use, for instance {@code rabbitmq}.
   *
   * @return never null
   */
  public String id() {
    return id;
  }

  /**
   * The environment variable that names a broker which already runs.
   *
   * @return for instance {@code RABBITMQ_URL}
   */
  public String variable() {
    return variable;
  }

  /**
   * The environment variable that names another Docker image than the usual one.
   *
   * @return for instance {@code MISSIVE_RABBITMQ_IMAGE}
   */
  public String imageVariable() {
    return "MISSIVE_" + name() + "_IMAGE";
  }
}
