package dev.missive.examples.customadapter;

import dev.missive.Topology;
import dev.missive.Topology.Difference;
import dev.missive.spi.Admin;
import dev.missive.spi.Destination;
import dev.missive.spi.Time;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Topology of the journal. Thread-safe. */
final class JournalAdmin implements Admin {
  private final JournalConnection connection;
  private final Time time;

  JournalAdmin(JournalConnection connection, Time time) {
    this.connection = connection;
    this.time = time;
  }

  @Override
  public CompletionStage<List<Difference>> compare(Topology.Plan plan) {
    return connection.ask(store -> compare(store.state(), plan));
  }

  @Override
  public CompletionStage<Void> declare(Topology.Plan plan) {
    return connection
        .ask(
            store -> {
              for (Difference difference : compare(store.state(), plan)) {
                if (difference.kind() == Difference.Kind.DIFFERENT) {
                  throw JournalErrors.mismatch(difference);
                }
              }
              for (Topology.Entry entry : plan.entries()) {
                declare(store, entry);
              }
              return true;
            })
        .thenAccept(done -> {});
  }

  @Override
  public CompletionStage<Topology.Depth> depth(Destination of) {
    return connection.ask(
        store -> {
          JournalQueue queue = store.state().queue(JournalRecord.queue(of));
          if (queue == null) {
            throw JournalErrors.topicMissing(JournalRecord.queue(of));
          }
          long all = queue.waitingCount() + queue.heldCount();
          return new Topology.Depth(
              queue.waitingCount(), queue.heldCount(), all, time.now(), List.of());
        });
  }

  private static List<Difference> compare(JournalState state, Topology.Plan plan) {
    List<Difference> differences = new ArrayList<>();
    for (Topology.Entry entry : plan.entries()) {
      String topic = topic(entry);
      if (!state.has(topic)) {
        differences.add(missing(topic));
      }
      String group = group(entry);
      if (group == null) {
        continue;
      }
      JournalQueue have = state.queue(group);
      if (have == null) {
        differences.add(missing(group));
      } else if (have.keyOrder != entry.keyOrder()) {
        differences.add(
            new Difference(
                group,
                "keyOrder",
                "" + entry.keyOrder(),
                "" + have.keyOrder,
                Difference.Kind.DIFFERENT));
      }
    }
    return differences;
  }

  private static void declare(JournalStore store, Topology.Entry entry) throws IOException {
    if (!store.state().has(topic(entry))) {
      store.append(new JournalRecord.Topic(entry.topic()));
    }
    String group = group(entry);
    if (group != null && entry.group() != null && !store.state().has(group)) {
      Instant from = entry.from();
      store.append(
          new JournalRecord.Group(
              entry.topic(),
              entry.group(),
              entry.keyOrder(),
              from == null ? JournalRecord.NOW : from.toEpochMilli()));
    }
  }

  private static String topic(Topology.Entry entry) {
    return JournalRecord.queue(new Destination.Topic(entry.topic()));
  }

  private static @Nullable String group(Topology.Entry entry) {
    String group = entry.group();
    return group == null ? null : JournalRecord.queue(new Destination.Group(entry.topic(), group));
  }

  private static Difference missing(String object) {
    return new Difference(object, "", "exists", null, Difference.Kind.MISSING);
  }
}
