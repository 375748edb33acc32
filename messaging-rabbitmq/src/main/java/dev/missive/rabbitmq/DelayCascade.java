package dev.missive.rabbitmq;

import com.rabbitmq.client.Channel;
import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Queues in which messages wait: level n holds a message for 2^n seconds and then passes it down.
 * The routing key is the delay in bits, highest first, and then the address (ADR 0010). Holds no
 * state.
 */
final class DelayCascade {
  static final int LEVELS = 28;
  static final long LONGEST_SECONDS = (1L << LEVELS) - 1;

  /** What the names of its queues and exchanges begin with. */
  static final String PREFIX = "missive.delay.";

  /** Where messages fall out. */
  static final String DUE = PREFIX + "due";

  /** What nobody is bound to when it falls out. */
  static final String UNROUTED = "missive.unrouted";

  /** What stands before an address in a binding: any delay. */
  private static final String ANY = "*.".repeat(LEVELS);

  private static final int LONGEST_KEY = 255;

  /** Without the alternate what cannot be routed blocks everything behind it. */
  static final Declaration END =
      Declaration.exchange(DUE, "topic", Map.of("alternate-exchange", UNROUTED));

  private static final List<Declaration> ENDING =
      List.of(
          Declaration.exchange(UNROUTED, "fanout", Map.of()),
          Declaration.queue(
              UNROUTED, Map.of("x-queue-type", "quorum", "x-delivery-limit", Integer.MAX_VALUE)),
          END);

  /** Everything, in the order in which it is made. */
  static final List<Declaration> PARTS = parts();

  private DelayCascade() {}

  /** Where a message enters that waits so long. */
  static String exchange(long seconds) {
    return name(63 - Long.numberOfLeadingZeros(seconds));
  }

  /** Its routing key. */
  static String key(long seconds, String address) {
    StringBuilder key = new StringBuilder(2 * LEVELS + address.length());
    for (int level = LEVELS - 1; level >= 0; level--) {
      key.append((seconds >> level & 1) == 0 ? '0' : '1').append('.');
    }
    return key.append(address).toString();
  }

  /**
   * The address of all groups of a topic, or of a pattern in a binding. Of one exchange, so that it
   * reaches nobody whom it would not reach without a delay.
   */
  static String topicAddress(String exchange, String routingKey) {
    return "t." + token(exchange) + "." + routingKey;
  }

  /** A name as one token of a routing key, whatever is in it. */
  private static String token(String name) {
    return name.replace("%", "%25").replace(".", "%2E").replace("*", "%2A").replace("#", "%23");
  }

  /** The address of one queue. */
  static String queueAddress(String queue) {
    return "q." + queue;
  }

  /**
   * Asks for room beside the bits of a delay. Without it the client would throw, and wait for ever
   * when that channel is closed.
   *
   * @throws MessagingException NAME_INVALID if there is none
   */
  static void check(String queue, String... addresses) {
    for (String address : addresses) {
      if ((ANY + address).getBytes(StandardCharsets.UTF_8).length > LONGEST_KEY) {
        throw new MessagingException(
            ErrorCode.NAME_INVALID,
            "delays and retries cannot name queue "
                + queue
                + ": \""
                + address
                + "\" has more than "
                + (LONGEST_KEY - ANY.length())
                + " bytes. Shorten the topic, the group or the name of the exchange");
      }
    }
  }

  /**
   * Gives a queue what falls out for these addresses.
   *
   * @throws MessagingException NAME_INVALID if there is no room for them
   */
  static void bind(Channel channel, String queue, String... addresses) throws IOException {
    check(queue, addresses);
    for (String address : addresses) {
      channel.queueBind(queue, DUE, ANY + address);
    }
  }

  /**
   * Makes what is missing, from the end to the way in: whoever finds that finds all of it. A
   * channel is served in order: one answer a level is enough, and over a slow network that counts.
   */
  static void declare(Channel channel) throws IOException {
    for (Declaration part : ENDING) {
      part.send(channel);
    }
    channel.queueBind(UNROUTED, UNROUTED, "");
    for (int level = 0; level < LEVELS; level++) {
      for (Declaration part : level(level)) {
        part.send(channel);
      }
      String name = name(level);
      String higherBits = "*.".repeat(LEVELS - 1 - level);
      channel.queueBindNoWait(name, name, higherBits + "1.#", Map.of());
      channel.exchangeBind(below(level), name, higherBits + "0.#");
    }
  }

  /** Whether its end and the way in are there; a failure closes the channel. */
  static void lookAtEnds(Channel channel) throws IOException {
    END.look(channel);
    channel.queueDeclarePassive(name(LEVELS - 1));
  }

  private static List<Declaration> parts() {
    List<Declaration> parts = new ArrayList<>(ENDING);
    for (int level = 0; level < LEVELS; level++) {
      parts.addAll(level(level));
    }
    return List.copyOf(parts);
  }

  private static List<Declaration> level(int level) {
    Map<String, Object> arguments = new HashMap<>();
    arguments.put("x-queue-type", "quorum");
    arguments.put("x-message-ttl", 1000L << level);
    arguments.put("x-dead-letter-exchange", below(level));
    arguments.put("x-dead-letter-strategy", "at-least-once");
    arguments.put("x-overflow", "reject-publish");
    return List.of(
        Declaration.exchange(name(level), "topic", Map.of()),
        Declaration.queue(name(level), arguments));
  }

  private static String below(int level) {
    return level == 0 ? DUE : name(level - 1);
  }

  private static String name(int level) {
    return PREFIX + (level < 10 ? "0" : "") + level;
  }
}
