package dev.missive.benchmarks;

import dev.missive.testkit.launcher.BrokerKind;
import dev.missive.testkit.launcher.BrokerOptions;
import dev.missive.testkit.launcher.Brokers;
import org.jspecify.annotations.Nullable;

/** What can be measured. */
enum Target {
  /**
   * The runtime over nothing, and the in-memory broker; first, because it measures a cold start.
   */
  MEMORY(null, 300_000),
  /** RabbitMQ. */
  RABBITMQ(Brokers.rabbitmq(), 20_000),
  /** Kafka. */
  KAFKA(Brokers.kafka(), 50_000),
  /** NATS JetStream. */
  NATS(Brokers.nats(), 20_000);

  /** How to start it; null if there is nothing to start. */
  final @Nullable BrokerOptions options;

  /** How many messages make some seconds. */
  final int messages;

  Target(@Nullable BrokerOptions options, int messages) {
    this.options = options;
    this.messages = messages;
  }

  /** As the command line says it. */
  String id() {
    BrokerKind kind = options == null ? null : options.kind();
    return kind == null ? "memory" : kind.id();
  }
}
