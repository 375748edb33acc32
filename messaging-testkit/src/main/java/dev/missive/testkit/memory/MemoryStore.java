package dev.missive.testkit.memory;

import dev.missive.PublishException;
import dev.missive.spi.Destination;
import dev.missive.testkit.memory.MemoryMessages.Stored;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes messages in, or refuses them. The limits are those of the client that sends. Guarded by the
 * server's lock.
 */
final class MemoryStore {
  private final MemoryCatalog catalog;
  private final MemoryTimers timers;
  private final MemoryQuota quota;
  private final MemoryFaults faults;
  private final MemoryServer server;

  MemoryStore(
      MemoryServer server,
      MemoryCatalog catalog,
      MemoryTimers timers,
      MemoryQuota quota,
      MemoryFaults faults) {
    this.server = server;
    this.catalog = catalog;
    this.timers = timers;
    this.quota = quota;
    this.faults = faults;
  }

  /**
   * Stores a message.
   *
   * @return its offset; -1 where it is no part of a topic's log
   * @throws PublishException if it cannot be stored
   */
  long store(Destination to, Stored message, @Nullable Instant notBefore, MemorySettings settings) {
    if (to instanceof Destination.Topic topic) {
      String name = topic.topic();
      MemoryTopic log = catalog.topic(name);
      long earlier = admit(name, log, message, 0, settings);
      return earlier >= 0 ? earlier : toTopic(name, log, message, notBefore, settings);
    }
    limit(message, message.size, settings);
    if (to instanceof Destination.DeadLetters && faults.failDeadLetters) {
      throw MemoryErrors.rejected("its dead letters cannot be written");
    }
    MemoryGroup group = catalog.find(to);
    makeRoom(message.size, settings);
    add(group, message, notBefore);
    return -1;
  }

  /**
   * Stores all messages, each in its topic, or none.
   *
   * @return their offsets
   * @throws PublishException if one of them cannot be stored; nothing has changed then
   */
  List<Long> storeAll(List<Stored> messages, MemorySettings settings) {
    long size = 0;
    for (Stored message : messages) {
      String name = message.topic();
      if (admit(name, catalog.topic(name), message, size, settings) < 0) {
        size += message.size;
      }
    }
    List<Long> offsets = new ArrayList<>();
    for (Stored message : messages) {
      String name = message.topic();
      MemoryTopic log = catalog.topic(name);
      // Asked again, because a batch may hold the same message twice.
      long earlier = earlier(log, message, settings);
      offsets.add(earlier >= 0 ? earlier : toTopic(name, log, message, null, settings));
    }
    return offsets;
  }

  /**
   * Throws if a message cannot be stored beside others that will be; changes nothing.
   *
   * @return where it was stored earlier, if it was; else -1
   */
  private long admit(
      String name,
      @Nullable MemoryTopic log,
      Stored message,
      long others,
      MemorySettings settings) {
    if (log == null && catalog.matching(name).isEmpty()) {
      throw MemoryErrors.topicMissing(name);
    }
    long earlier = earlier(log, message, settings);
    limit(message, earlier >= 0 ? 0 : others + message.size, settings);
    return earlier;
  }

  private void limit(Stored message, long bytes, MemorySettings settings) {
    if (message.bodySize() > settings.maxBytes) {
      throw MemoryErrors.rejected(
          "it has " + message.bodySize() + " bytes, memory.max-bytes is " + settings.maxBytes);
    }
    if (!quota.fits(bytes, settings.maxStoredBytes)) {
      throw MemoryErrors.rejected(
          "the broker is full, memory.max-stored-bytes is " + settings.maxStoredBytes);
    }
    if (faults.rejects()) {
      throw MemoryErrors.rejected("it was told to");
    }
  }

  private long earlier(@Nullable MemoryTopic log, Stored message, MemorySettings settings) {
    Duration window = settings.dedupWindow;
    return log == null || window.isZero() ? -1 : log.seen(message.id(), timers.now(), window);
  }

  private long toTopic(
      String name,
      @Nullable MemoryTopic log,
      Stored message,
      @Nullable Instant notBefore,
      MemorySettings settings) {
    makeRoom(message.size, settings);
    MemoryTopic topic = log == null ? catalog.written(name) : log;
    if (!settings.dedupWindow.isZero()) {
      topic.remember(message.id(), timers.now(), settings.dedupWindow);
    }
    message.offset = topic.nextOffset();
    int copies = faults.duplicates() ? 2 : 1;
    for (int i = 0; i < copies; i++) {
      for (MemoryGroup group : topic.groups.values()) {
        add(group, message, notBefore);
      }
      for (MemoryGroup group : topic.broadcasts) {
        add(group, message, notBefore);
      }
      for (MemoryGroup group : catalog.matching(name)) {
        add(group, message, notBefore);
      }
    }
    topic.retain(message, settings.retain);
    return message.offset;
  }

  /** What is kept for later groups gives way, the oldest of each topic first. */
  private void makeRoom(int size, MemorySettings settings) {
    if (quota.crowded(size, settings.maxStoredBytes)) {
      for (MemoryTopic topic : catalog.topics()) {
        while (quota.crowded(size, settings.maxStoredBytes) && topic.giveWay()) {}
      }
    }
  }

  void add(MemoryGroup group, Stored message, @Nullable Instant notBefore) {
    Instant due = notBefore == null || !notBefore.isAfter(timers.now()) ? null : notBefore;
    group.add(message, due);
    if (due == null) {
      server.dirty(group);
    } else {
      timers.await(group, due);
    }
  }
}
