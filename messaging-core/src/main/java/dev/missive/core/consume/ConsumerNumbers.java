package dev.missive.core.consume;

import dev.missive.Counters;
import dev.missive.DrainReport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Adds up what the flows of a consumer count, over all its starts. Guarded by the lock of its
 * {@link RuntimeConsumer}.
 */
final class ConsumerNumbers {
  private final ConsumerSpec spec;

  /** What earlier starts counted, per topic. */
  private final List<Tally> past = new ArrayList<>();

  ConsumerNumbers(ConsumerSpec spec) {
    this.spec = spec;
    spec.topics().forEach(topic -> past.add(new Tally()));
  }

  /** These flows count no more. */
  void ended(List<Flow> flows) {
    for (int i = 0; i < flows.size(); i++) {
      Flow flow = flows.get(i);
      flow.lock.lock();
      try {
        past.get(i).add(flow.tally);
      } finally {
        flow.lock.unlock();
      }
    }
  }

  /** What became of everything these flows received. */
  static DrainReport report(List<Flow> flows, Duration took) {
    Tally sum = new Tally();
    List<DrainReport.Abandoned> abandoned = new ArrayList<>();
    for (Flow flow : flows) {
      flow.lock.lock();
      try {
        sum.add(flow.tally);
      } finally {
        flow.lock.unlock();
      }
      abandoned.addAll(flow.drain.abandoned());
    }
    return new DrainReport(
        sum.received,
        sum.acked,
        sum.retried,
        sum.deadLettered,
        sum.dropped,
        sum.returned,
        abandoned,
        took);
  }

  /** Numbers per topic, with what is open now. */
  List<Counters.Subscription> counters(List<Flow> open) {
    List<Counters.Subscription> all = new ArrayList<>();
    for (int i = 0; i < past.size(); i++) {
      all.add(counters(spec.topics().get(i), past.get(i), open.isEmpty() ? null : open.get(i)));
    }
    return all;
  }

  private Counters.Subscription counters(String topic, Tally before, @Nullable Flow flow) {
    Tally sum = new Tally();
    sum.add(before);
    long held = 0;
    long bytes = 0;
    int parked = 0;
    int running = 0;
    if (flow != null) {
      flow.lock.lock();
      try {
        sum.add(flow.tally);
        held = flow.held.size();
        bytes = flow.held.bytes();
        parked = flow.tally.parked;
        running = flow.runs.size();
      } finally {
        flow.lock.unlock();
      }
    }
    return new Counters.Subscription(
        topic,
        spec.group(),
        sum.received,
        sum.acked,
        sum.retried,
        sum.deadLettered,
        sum.dropped,
        sum.returned,
        sum.abandoned,
        held,
        bytes,
        parked,
        running,
        sum.runs,
        sum.failedRuns,
        sum.expired);
  }
}
