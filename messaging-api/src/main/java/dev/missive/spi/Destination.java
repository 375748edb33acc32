package dev.missive.spi;

/**
 * Where a message goes. How a group waits for an instant (delay queues, tier topics, a stream of
 * its own) is the adapter's business.
 *
 * @since 0.1
 */
public sealed interface Destination {

  /**
   * All groups of a topic.
   *
   * @param topic the topic
   */
  record Topic(String topic) implements Destination {}

  /**
   * One group of a topic and no other: retry, delay, redrive.
   *
   * @param topic the topic or pattern of the subscription; the message's own topic travels in
   *     {@link dev.missive.Header#TOPIC}
   * @param group the group
   */
  record Group(String topic, String group) implements Destination {}

  /**
   * The dead letters of a group.
   *
   * @param topic the topic or pattern of the subscription
   * @param group the group
   */
  record DeadLetters(String topic, String group) implements Destination {}

  /**
   * The sender of a request.
   *
   * @param address what {@link Subscription#address()} returned there, opaque
   */
  record Reply(String address) implements Destination {}
}
