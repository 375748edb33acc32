package dev.missive.spikes.rabbitmq;

import com.rabbitmq.client.Channel;
import dev.missive.Topology;
import dev.missive.spi.Destination;
import dev.missive.spi.Subscription;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/** Names, queue arguments, and the cascade of delay queues: 28 bits of seconds in the routing key, then the address. */
final class SpikeTopology {
  static final int LEVELS = 28;
  static final String LAST = "missive.delay.due";

  static String queue(Subscription.Spec s) { return s.topic() + "." + s.group() + (s.kind() == Subscription.Kind.DEAD_LETTERS ? ".dlq" : ""); }

  static String queue(Destination to) {
    return to instanceof Destination.Group g ? g.topic() + "." + g.group() : to instanceof Destination.DeadLetters d ? d.topic() + "." + d.group() + ".dlq" : "";
  }

  static String exchange(Destination to, long seconds) {
    return seconds > 0 ? level(63 - Long.numberOfLeadingZeros(seconds)) : to instanceof Destination.Topic ? "missive.topics" : "";
  }

  static String key(Destination to, long seconds) {
    String address = to instanceof Destination.Topic t ? t.topic() : queue(to);
    return seconds == 0 ? address : bits(seconds) + (to instanceof Destination.Topic ? "t." : "q.") + address;
  }

  static String bits(long seconds) {
    StringBuilder key = new StringBuilder();
    for (int n = LEVELS - 1; n >= 0; n--) key.append(seconds >> n & 1).append('.');
    return key.toString();
  }

  static String level(int n) { return n < 0 ? LAST : String.format("missive.delay.%02d", n); }

  static Map<String, Object> quorum(String exchange, String key) {
    Map<String, Object> arguments = new HashMap<>(Map.of("x-queue-type", "quorum", "x-dead-letter-exchange", exchange, "x-dead-letter-strategy", "at-least-once", "x-overflow", "reject-publish"));
    if (key != null) arguments.put("x-dead-letter-routing-key", key);
    return arguments;
  }

  static void declare(Channel channel, Topology.Plan plan) throws IOException {
    channel.exchangeDeclare("missive.topics", "topic", true);
    cascade(channel, true);
    for (Topology.Entry e : plan.entries()) {
      String queue = e.topic() + "." + e.group();
      channel.queueDeclare(queue + ".dlq", true, false, false, Map.of("x-queue-type", "quorum", "x-delivery-limit", Integer.MAX_VALUE));
      Map<String, Object> arguments = quorum("", queue + ".dlq");
      arguments.put("x-delivery-limit", 50);
      channel.queueDeclare(queue, true, false, false, arguments);
      channel.queueBind(queue, "missive.topics", e.topic());
      channel.queueBind(queue, LAST, "*.".repeat(LEVELS) + "t." + e.topic());
      channel.queueBind(queue, LAST, "*.".repeat(LEVELS) + "q." + queue);
    }
  }

  static void cascade(Channel channel, boolean alternate) throws IOException {
    if (alternate) {
      channel.exchangeDeclare("missive.unrouted", "fanout", true);
      channel.queueDeclare("missive.unrouted", true, false, false, Map.of("x-queue-type", "quorum"));
      channel.queueBind("missive.unrouted", "missive.unrouted", "");
    }
    channel.exchangeDeclare(LAST, "topic", true, false, alternate ? Map.of("alternate-exchange", "missive.unrouted") : Map.of());
    for (int n = 0; n < LEVELS; n++) {
      channel.exchangeDeclare(level(n), "topic", true);
      Map<String, Object> arguments = quorum(level(n - 1), null);
      arguments.put("x-message-ttl", 1000L << n);
      channel.queueDeclare(level(n), true, false, false, arguments);
      String before = "*.".repeat(LEVELS - 1 - n);
      channel.queueBind(level(n), level(n), before + "1.#");
      channel.exchangeBind(level(n - 1), level(n), before + "0.#");
    }
  }
}
