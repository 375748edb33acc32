package dev.missive.spikes.kafka;

import java.util.TreeSet;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/** One assignment of a partition: what is open, what is done beyond the base. Its identity is the epoch. */
final class Part {
  final TopicPartition tp;
  final TreeSet<Long> done;
  private final TreeSet<Long> open = new TreeSet<>();
  volatile boolean over;
  volatile long until;
  long next;
  OffsetAndMetadata last;

  Part(TopicPartition tp, long next, String metadata) { this.tp = tp; this.next = next; this.done = Ranges.parse(metadata); }

  synchronized TreeSet<Long> open() { return new TreeSet<>(open); }

  synchronized void add(long offset) { open.add(offset); }

  synchronized boolean settle(long offset, boolean ack) {
    if (!open.remove(offset)) return false;
    if (ack) done.add(offset); else next = Math.min(next, offset);
    return true;
  }

  synchronized OffsetAndMetadata state() {
    long base = open.isEmpty() ? next : Math.min(next, open.first());
    done.headSet(base).clear();
    return new OffsetAndMetadata(base, Ranges.print(done));
  }
}
