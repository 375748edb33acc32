package dev.missive.kafka;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * The open dead letters of one assignment, so that they can be moved to the end of their topic
 * while somebody holds them (ADR 0020). Guarded by the lock of its {@link Assignment}.
 */
final class LetterBook {
  /** An open letter; nobody holds it if it was released. */
  private static final class Entry {
    final ConsumerRecord<byte[], byte[]> record;
    @Nullable KafkaDelivery holder;

    Entry(ConsumerRecord<byte[], byte[]> record, @Nullable KafkaDelivery holder) {
      this.record = record;
      this.holder = holder;
    }
  }

  private final TreeMap<Long, Entry> open = new TreeMap<>();

  /** Holders of letters that lie ahead, where they have not been read again yet. */
  private final Map<Long, KafkaDelivery> ahead = new HashMap<>();

  void delivered(KafkaDelivery delivery) {
    open.put(delivery.offset, new Entry(delivery.record(), delivery));
  }

  void released(KafkaDelivery delivery) {
    Entry entry = open.get(delivery.offset);
    if (entry != null) {
      entry.holder = null;
    }
    ahead.remove(delivery.offset);
  }

  void settled(KafkaDelivery delivery) {
    open.remove(delivery.offset);
    ahead.remove(delivery.offset);
  }

  /** Whether a record that was read now is one that somebody holds already. */
  boolean heldAlready(ConsumerRecord<byte[], byte[]> record) {
    KafkaDelivery holder = ahead.remove(record.offset());
    if (holder == null) {
      return false;
    }
    open.put(record.offset(), new Entry(record, holder));
    return true;
  }

  /** The records of all open letters, oldest first. */
  List<ConsumerRecord<byte[], byte[]>> records() {
    List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>(open.size());
    open.values().forEach(entry -> records.add(entry.record));
    return records;
  }

  /**
   * A letter lies elsewhere now.
   *
   * @return false if it was settled meanwhile
   */
  boolean moved(long from, long to) {
    Entry entry = open.remove(from);
    if (entry == null) {
      return false;
    }
    KafkaDelivery holder = entry.holder;
    if (holder != null) {
      holder.offset = to;
      ahead.put(to, holder);
    }
    return true;
  }
}
