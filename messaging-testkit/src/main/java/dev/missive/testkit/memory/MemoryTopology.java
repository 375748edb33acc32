package dev.missive.testkit.memory;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.Topology;
import dev.missive.spi.Destination;
import dev.missive.testkit.memory.MemoryMessages.Stored;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What clients may do with the topology of a broker. Guarded by the server's lock. */
final class MemoryTopology {
  private final MemoryServer server;

  MemoryTopology(MemoryServer server) {
    this.server = server;
  }

  List<Topology.Difference> compare(Topology.Plan plan) {
    List<Topology.Difference> differences = new ArrayList<>();
    for (Topology.Entry entry : plan.entries()) {
      if (!MemoryPatterns.isPattern(entry.topic()) && server.catalog.topic(entry.topic()) == null) {
        differences.add(missing("topic " + entry.topic()));
      }
      if (entry.group() == null) {
        continue;
      }
      String object = "group " + entry.group() + " of " + entry.topic();
      MemoryGroup have = server.catalog.group(entry.topic(), entry.group());
      if (have == null) {
        differences.add(missing(object));
      } else if (have.keyOrder != entry.keyOrder()) {
        differences.add(
            new Topology.Difference(
                object,
                "keyOrder",
                Boolean.toString(entry.keyOrder()),
                Boolean.toString(have.keyOrder),
                Topology.Difference.Kind.DIFFERENT));
      }
    }
    return differences;
  }

  void declare(Topology.Plan plan, MemorySettings settings) {
    server.operations++;
    for (Topology.Difference difference : compare(plan)) {
      if (difference.kind() == Topology.Difference.Kind.DIFFERENT) {
        throw MemoryErrors.mismatch(
            difference.object(),
            difference.field(),
            difference.want(),
            String.valueOf(difference.have()));
      }
      if (server.faults.forbidDeclares) {
        throw MemoryErrors.forbidden(difference.object());
      }
    }
    for (Topology.Entry entry : plan.entries()) {
      MemoryGroup made = server.catalog.declare(entry, settings.seed);
      MemoryTopic topic = server.catalog.topic(entry.topic());
      if (made != null && topic != null && entry.from() != null) {
        topic.from(entry.from()).forEach(message -> server.store.add(made, message, null));
      }
    }
  }

  Topology.Depth depth(Destination of) {
    MemoryGroup found =
        of instanceof Destination.DeadLetters letters
            ? server.catalog.letters(letters.topic(), letters.group())
            : of instanceof Destination.Group wanted
                ? server.catalog.group(wanted.topic(), wanted.group())
                : null;
    if (found == null) {
      throw MemoryErrors.notThere(of.toString());
    }
    long waiting = found.waitingCount();
    return new Topology.Depth(
        waiting, found.inFlight(), waiting + found.inFlight(), server.timers.now(), List.of());
  }

  /** Moves a stopped group; an unknown position moves nothing. */
  void seek(String topic, String group, long offset) {
    @Nullable MemoryGroup found = server.catalog.group(topic, group);
    String what = MemoryCatalog.named(topic, group);
    if (found == null) {
      throw MemoryErrors.notThere(what);
    }
    if (!found.subscriptions.isEmpty()) {
      throw new MessagingException(
          ErrorCode.CONFIG_INVALID, what + " has running consumers. Stop them first");
    }
    MemoryTopic log = server.catalog.topic(topic);
    List<Stored> from = log == null ? List.of() : log.fromOffset(offset);
    if (from.isEmpty()) {
      throw new MessagingException(
          ErrorCode.POSITION_UNKNOWN,
          "the topic " + topic + " does not hold position 0:" + offset + " any more, or never did");
    }
    found.clear();
    from.forEach(message -> server.store.add(found, message, null));
  }

  private static Topology.Difference missing(String object) {
    return new Topology.Difference(object, "", "exists", null, Topology.Difference.Kind.MISSING);
  }
}
