package dev.missive.rabbitmq;

import dev.missive.spi.Destination;
import dev.missive.spi.Subscription.Kind;
import dev.missive.spi.Subscription.Spec;

/**
 * What things are called at the broker. Override a method to fit a system that others own; the
 * promises stay. Thread-safe; must answer the same for ever.
 *
 * @since 0.1
 */
public class RabbitNames {
  private static final String REST = ".>";

  private final String exchange;

  /**
   * Makes the usual names.
   *
   * @param exchange the topic exchange, by default {@code missive.topics}
   */
  public RabbitNames(String exchange) {
    this.exchange = exchange;
  }

  /**
   * The exchange a topic is published to, of type topic.
   *
   * @param topic a topic or a pattern
   * @return by default the same for all
   */
  public String exchange(String topic) {
    return exchange;
  }

  /**
   * The routing key of a topic, or the binding of a pattern.
   *
   * @param topic a topic, or a pattern with {@code *} for one token and a last {@code >} for one or
   *     more
   * @return by default the topic; {@code >} becomes {@code *.#}
   */
  public String routingKey(String topic) {
    return topic.equals(">")
        ? "*.#"
        : topic.endsWith(REST)
            ? topic.substring(0, topic.length() - REST.length()) + ".*.#"
            : topic;
  }

  /**
   * The queue of a group.
   *
   * @param topic its topic or pattern
   * @param group the group
   * @return by default both with a dot between
   */
  public String queue(String topic, String group) {
    return topic + "." + group;
  }

  /**
   * The queue of a group's dead letters.
   *
   * @param topic its topic or pattern
   * @param group the group
   * @return by default the group's queue with {@code .dlq}
   */
  public String deadLetters(String topic, String group) {
    return queue(topic, group) + ".dlq";
  }

  /** What messages of a topic are delayed under, or what a pattern is bound to. */
  final String delayAddress(String topic) {
    return DelayCascade.topicAddress(exchange(topic), routingKey(topic));
  }

  final String queueOf(Destination to) {
    if (to instanceof Destination.Group group) {
      return queue(group.topic(), group.group());
    }
    if (to instanceof Destination.DeadLetters letters) {
      return deadLetters(letters.topic(), letters.group());
    }
    if (to instanceof Destination.Reply reply) {
      return reply.address();
    }
    throw new IllegalArgumentException("a topic is no queue");
  }

  final String queueOf(Spec spec) {
    String group = spec.group() == null ? "" : spec.group();
    return spec.kind() == Kind.DEAD_LETTERS
        ? deadLetters(spec.topic(), group)
        : queue(spec.topic(), group);
  }
}
