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
    // Once per link, and again if somebody has deleted an end of it, or compare() found a gap.
    if (!link.declared() || !stands(link, DelayCascade::lookAtEnds)) {
      give(DelayCascade::declare);
      link.declared(true);
    }
    for (Entry entry : plan.entries()) {
      give(channel -> declare(channel, entry));
    }
  }

  private void declare(Channel channel, Entry entry) throws IOException {
    String group = entry.group();
    if (group == null) {
      exchange(entry).make(channel);
      return;
    }
    Declaration queue = queue(entry, group);
    String[] delayed = {DelayCascade.queueAddress(queue.name()), names.delayAddress(entry.topic())};
    // Asked before anything is made.
    DelayCascade.check(queue.name(), delayed);
    exchange(entry).make(channel);
    letters(entry, group).make(channel);
    queue.make(channel);
    DelayCascade.bind(channel, queue.name(), delayed);
    channel.queueBind(queue.name(), names.exchange(entry.topic()), names.routingKey(entry.topic()));
  }

  // ---- comparing

  List<Difference> compare(Plan plan) throws IOException, TimeoutException {
    List<Difference> all = new ArrayList<>();
    // Without its end the rest is missing too, and sixty lines would say no more.
    if (!plan.entries().isEmpty()
        && compare(List.of(DelayCascade.END), all)
        && !compare(DelayCascade.PARTS, all)) {
      link.declared(false);
    }
    for (Entry entry : plan.entries()) {
      compare(List.of(exchange(entry)), all);
      String group = entry.group();
      if (group != null) {
        compare(List.of(letters(entry, group)), all);
        Declaration queue = queue(entry, group);
        if (compare(List.of(queue), all)) {
          all.add(
              unseen(
                  queue,
                  "binding",
                  names.exchange(entry.topic()) + " " + names.routingKey(entry.topic())));
        }
      }
    }
    return all.stream().distinct().toList();
  }

  /**
   * Looks at all at once, and one by one only if something is wrong. What is there is declared once
   * more, which changes nothing and is the only way to learn what differs (ADR 0014).
   *
   * @return whether all are there as wanted, as far as this user may know
   */
  private boolean compare(List<Declaration> wanted, List<Difference> all)
      throws IOException, TimeoutException {
    try {
      give(
          channel -> {
            for (Declaration one : wanted) {
              one.look(channel);
            }
            for (Declaration one : wanted) {
              one.make(channel);
            }
          });
      return true;
    } catch (IOException | ShutdownSignalException e) {
      if (RabbitErrors.isForbidden(e)) {
        // All is there; what it looks like is told only to whoever may declare it.
        Declaration first = wanted.get(0);
        all.add(unseen(first, "arguments", first.arguments().toString()));
        return true;
      }
      if (wanted.size() > 1) {
        boolean same = true;
        for (Declaration one : wanted) {
          same &= compare(List.of(one), all);
        }
        return same;
      }
      all.add(difference(wanted.get(0), e));
      return false;
    }
  }

  private static Difference difference(Declaration wanted, Exception refusal) throws IOException {
    if (RabbitErrors.isMissing(refusal)) {
      return new Difference(wanted.object(), "", wanted.type(), null, Difference.Kind.MISSING);
    }
    Difference difference = RabbitErrors.difference(refusal);
    if (difference == null) {
      throw refusal instanceof IOException io ? io : new IOException(refusal);
    }
    return difference;
  }

  private static Difference unseen(Declaration of, String field, String want) {
    return new Difference(of.object(), field, want, null, Difference.Kind.UNSEEN);
  }

  // ---- what is wanted

  private Declaration exchange(Entry entry) {
    return Declaration.exchange(names.exchange(entry.topic()), TYPE, Map.of());
  }

  private Declaration queue(Entry entry, String group) {
    return Declaration.queue(
        names.queue(entry.topic(), group),
        type.group(names.deadLetters(entry.topic(), group), entry.keyOrder()));
  }

  private Declaration letters(Entry entry, String group) {
    return Declaration.queue(names.deadLetters(entry.topic(), group), type.deadLetters());
  }
}
