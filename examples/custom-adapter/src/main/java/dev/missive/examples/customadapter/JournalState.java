package dev.missive.examples.customadapter;

import dev.missive.spi.Destination;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What the journal adds up to: topics, groups and what waits in them. Every process computes it for
 * itself by reading the records in order, so all of them know the same. Guarded by the store's
 * lock.
 */
final class JournalState {
  private final JournalFile file;
  private final Map<String, Topic> topics = new HashMap<>();
  private final Map<String, JournalQueue> queues = new HashMap<>();

  /** Where it was declared, and the names of its queues. */
  private record Topic(long since, List<String> groups, List<String> letters) {}

  JournalState(JournalFile file) {
    this.file = file;
  }

  /** A topic, a group or dead letters by the name of their destination. */
  boolean has(String name) {
    return topics.containsKey(name) || queues.containsKey(name);
  }

  @Nullable JournalQueue queue(String name) {
    return queues.get(name);
  }

  /** All members of all queues. */
  Set<String> members() {
    Set<String> all = new TreeSet<>();
    queues.values().forEach(queue -> all.addAll(queue.members()));
    return all;
  }

  void apply(long at, JournalRecord record) throws IOException {
    if (record instanceof JournalRecord.Stored stored) {
      store(at, stored);
    } else if (record instanceof JournalRecord.Taken taken) {
      change(taken.queue(), queue -> queue.take(taken.at(), taken.member()));
    } else if (record instanceof JournalRecord.Settled settled) {
      change(
          settled.queue(), queue -> queue.settle(settled.at(), settled.member(), settled.done()));
    } else if (record instanceof JournalRecord.Joined joined) {
      change(joined.queue(), queue -> queue.join(joined.member()));
    } else if (record instanceof JournalRecord.Left left) {
      queues.values().forEach(queue -> queue.leave(left.member()));
    } else if (record instanceof JournalRecord.Topic topic) {
      topics.putIfAbsent(name(topic.topic()), new Topic(at, new ArrayList<>(), new ArrayList<>()));
    } else if (record instanceof JournalRecord.Group group) {
      declare(at, group);
    } else if (record instanceof JournalRecord.Deleted deleted) {
      delete(name(deleted.topic()));
    }
  }

  private void store(long at, JournalRecord.Stored stored) {
    Topic topic = topics.get(stored.queue());
    if (topic == null) {
      change(stored.queue(), queue -> queue.add(at, stored.due()));
    } else {
      topic.groups.forEach(group -> change(group, queue -> queue.add(at, stored.due())));
    }
  }

  /** A record for a queue that was deleted meanwhile changes nothing. */
  private void change(String name, Consumer<JournalQueue> change) {
    JournalQueue queue = queues.get(name);
    if (queue != null) {
      change.accept(queue);
    }
  }

  private void declare(long at, JournalRecord.Group group) throws IOException {
    Topic topic = topics.get(name(group.topic()));
    if (topic == null) {
      return;
    }
    String name = JournalRecord.queue(new Destination.Group(group.topic(), group.group()));
    String letters = JournalRecord.queue(new Destination.DeadLetters(group.topic(), group.group()));
    if (queues.put(name, new JournalQueue(group.keyOrder())) == null) {
      topic.groups.add(name);
    }
    if (queues.putIfAbsent(letters, new JournalQueue(false)) == null) {
      topic.letters.add(letters);
    }
    if (group.from() != JournalRecord.NOW) {
      file.scan(topic.since, at, (place, record) -> retained(place, record, group, name));
    }
  }

  /** The journal forgets nothing, so a new group can have what came before it. */
  private void retained(long at, JournalRecord record, JournalRecord.Group group, String name) {
    if (record instanceof JournalRecord.Stored stored
        && stored.queue().equals(name(group.topic()))
        && stored.message().publishedFrom(group.from())) {
      change(name, queue -> queue.add(at, stored.due()));
    }
  }

  private void delete(String name) {
    Topic gone = topics.remove(name);
    if (gone != null) {
      queues.keySet().removeAll(gone.groups);
      queues.keySet().removeAll(gone.letters);
    }
  }

  private static String name(String topic) {
    return JournalRecord.queue(new Destination.Topic(topic));
  }
}
