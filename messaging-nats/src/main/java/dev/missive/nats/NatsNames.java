package dev.missive.nats;

/**
 * What topics and groups are called at the server. Override what an existing system calls
 * otherwise; the promises stay. Thread-safe.
 *
 * <p>All instances of an application must use the same names.
 *
 * @since 0.1
 */
public interface NatsNames {
  /** The default names. */
  NatsNames DEFAULT = new NatsNames() {};

  /**
   * The subject messages of a topic are published to.
   *
   * @param topic the topic
   * @return by default the topic
   */
  default String subject(String topic) {
    return topic;
  }

  /**
   * The stream that stores a topic.
   *
   * @param topic the topic
   * @return by default {@code missive-} and the topic, with = for each dot
   */
  default String stream(String topic) {
    return "missive-" + topic.replace('.', '=');
  }

  /**
   * The durable consumer of a group on the topic's stream.
   *
   * @param topic the topic
   * @param group the group
   * @return by default the group
   */
  default String consumer(String topic, String group) {
    return group;
  }

  /**
   * The stream of what goes to one group only: retries, delays, redrive.
   *
   * @return by default {@code missive-direct}
   */
  default String directStream() {
    return "missive-direct";
  }

  /**
   * What all subjects of {@link #directStream()} start with.
   *
   * @return by default {@code missive.to}
   */
  default String directPrefix() {
    return "missive.to";
  }

  /**
   * The stream of dead letters.
   *
   * @return by default {@code missive-dlq}
   */
  default String deadLetterStream() {
    return "missive-dlq";
  }

  /**
   * What all subjects of {@link #deadLetterStream()} start with.
   *
   * @return by default {@code missive.dlq}
   */
  default String deadLetterPrefix() {
    return "missive.dlq";
  }

  /**
   * The durable consumer of a group on {@link #directStream()} and on {@link #deadLetterStream()}.
   *
   * @param topic the topic
   * @param group the group
   * @return by default topic, with = for each dot, then = and the group
   */
  default String shared(String topic, String group) {
    return topic.replace('.', '=') + "=" + group;
  }

  /**
   * The subject of what goes to one group only.
   *
   * @param topic the topic
   * @param group the group
   * @return by default prefix, group and topic
   */
  default String direct(String topic, String group) {
    return directPrefix() + "." + group + "." + topic;
  }

  /**
   * The subject of the dead letters of a group.
   *
   * @param topic the topic
   * @param group the group
   * @return by default prefix, topic and group
   */
  default String deadLetters(String topic, String group) {
    return deadLetterPrefix() + "." + topic + "." + group;
  }
}
