package dev.missive.testkit.launcher;

import java.io.IOException;
import java.util.List;

/** What is particular to one kind of broker. */
interface Recipe {
  /** Writes the configuration and says how to run each node. */
  List<NodePlan> plan(Site site) throws IOException;

  /** What a client is given to reach these ports. */
  String url(List<Integer> ports, BrokerSecurity security);

  static Recipe of(BrokerKind kind) {
    return switch (kind) {
      case RABBITMQ -> new RabbitRecipe();
      case KAFKA -> new KafkaRecipe();
      case NATS -> new NatsRecipe();
    };
  }
}
