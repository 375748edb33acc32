package dev.missive.rabbitmq;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.ShutdownSignalException;
import dev.missive.Topology.Difference;
import dev.missive.Topology.Entry;
import dev.missive.Topology.Plan;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;

/**
 * What a plan means at the broker: an exchange, delay queues, and two queues per group. Every order
 * has a channel of its own, because a refusal closes it. Used by one thread that may wait.
 */
final class RabbitTopology {
  private static final String TYPE = "topic";

  private final RabbitLink link;
  private final QueueType type;
  private final RabbitNames names;

  RabbitTopology(RabbitLink link, QueueType type, RabbitNames names) {
    this.link = link;
    this.type = type;
    this.names = names;
  }

  /** One order on one channel. */
  @FunctionalInterface
  interface Order {
    void give(Channel channel) throws IOException;
  }

  private void give(Order order) throws IOException, TimeoutException {
    give(link, order);
  }

  private static void give(RabbitLink link, Order order) throws IOException, TimeoutException {
    Channel channel = link.channel();
    try {
      order.give(channel);
    } finally {
      if (channel.isOpen()) {
        channel.close();
      }
    }
  }

  /** Whether delayed messages have a way. */
  static boolean cascadeStands(RabbitLink link) throws IOException {
    return stands(link, DelayCascade::look);
  }

  /** Whether a passive declaration finds what it names. */
  static boolean stands(RabbitLink link, Order look) throws IOException {
    try {
      give(link, look);
      return true;
    } catch (IOException | ShutdownSignalException e) {
      if (RabbitErrors.isMissing(e)) {
        return false;
      }
      throw e;
    } catch (TimeoutException e) {
      throw new IOException(e);
    }
  }

  // ---- declaring

  void declare(Plan plan) throws IOException, TimeoutException {
    // Once per link, and again if somebody has deleted it meanwhile.
    if (!link.declared() || !cascadeStands(link)) {
      give(DelayCascade::declare);
      link.declared(true);
    }
    for (Entry entry : plan.entries()) {
      give(channel -> declare(channel, entry));
    }
  }

  private void declare(Channel channel, Entry entry) throws IOException {
    channel.exchangeDeclare(names.exchange(entry.topic()), TYPE, true);
    String group = entry.group();
    if (group == null) {
      return;
    }
    String letters = names.deadLetters(entry.topic(), group);
    String queue = names.queue(entry.topic(), group);
    String key = names.routingKey(entry.topic());
    channel.queueDeclare(letters, true, false, false, type.deadLetters());
    channel.queueDeclare(queue, true, false, false, type.group(letters, entry.keyOrder()));
    DelayCascade.bindGroup(channel, queue, key);
    channel.queueBind(queue, names.exchange(entry.topic()), key);
  }

  // ---- comparing

  List<Difference> compare(Plan plan) throws IOException, TimeoutException {
    List<Difference> all = new ArrayList<>();
    if (!plan.entries().isEmpty()) {
      exchange(DelayCascade.DUE, all);
    }
    for (Entry entry : plan.entries()) {
      exchange(names.exchange(entry.topic()), all);
      String group = entry.group();
      if (group != null) {
        String letters = names.deadLetters(entry.topic(), group);
        String queue = names.queue(entry.topic(), group);
        queue(letters, type.deadLetters(), all);
        if (queue(queue, type.group(letters, entry.keyOrder()), all)) {
          all.add(
              new Difference(
                  "queue " + queue,
                  "binding",
                  names.exchange(entry.topic()) + " " + names.routingKey(entry.topic()),
                  null,
                  Difference.Kind.UNSEEN));
        }
      }
    }
    return all.stream().distinct().toList();
  }

  private void exchange(String name, List<Difference> all) throws IOException, TimeoutException {
    if (stands(link, channel -> channel.exchangeDeclarePassive(name))) {
      // Declaring what exists changes nothing and tells what differs.
      differs(
          channel ->
              channel.exchangeDeclare(
                  name,
                  TYPE,
                  true,
                  false,
                  name.equals(DelayCascade.DUE)
                      ? Map.of("alternate-exchange", DelayCascade.UNROUTED)
                      : Map.of()),
          all);
    } else {
      all.add(missing("exchange " + name, TYPE));
    }
  }

  /** True if it exists as wanted. */
  private boolean queue(String name, Map<String, Object> arguments, List<Difference> all)
      throws IOException, TimeoutException {
    if (!stands(link, channel -> channel.queueDeclarePassive(name))) {
      all.add(missing("queue " + name, String.valueOf(arguments.get("x-queue-type"))));
      return false;
    }
    return !differs(channel -> channel.queueDeclare(name, true, false, false, arguments), all);
  }

  private static Difference missing(String object, String want) {
    return new Difference(object, "", want, null, Difference.Kind.MISSING);
  }

  private boolean differs(Order again, List<Difference> all) throws IOException, TimeoutException {
    try {
      give(again);
      return false;
    } catch (IOException | ShutdownSignalException e) {
      Difference difference = RabbitErrors.difference(e);
      if (difference == null) {
        throw e;
      }
      all.add(difference);
      return true;
    }
  }
}
