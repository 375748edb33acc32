package dev.missive.core.consume;

import dev.missive.DrainReport;
import dev.missive.core.consume.SubscriptionNumbers.Name;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Adds up what the flows of a consumer count, over all its starts. Knows nothing else of it, so
 * that it can outlive it. Guarded by the lock of its {@link RuntimeConsumer}.
 */
final class ConsumerNumbers {
  private final List<Name> names;

  /** What earlier starts counted, per topic. */
  private final List<Tally> past = new ArrayList<>();

  ConsumerNumbers(ConsumerSpec spec) {
    names = spec.topics().stream().map(topic -> new Name(topic, spec.group())).toList();
    names.forEach(name -> past.add(new Tally()));
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

  /** Adds what earlier starts counted, and what is open now, to those of other consumers. */
  void addTo(Map<Name, SubscriptionNumbers> sums, List<Flow> open) {
    for (int i = 0; i < names.size(); i++) {
      SubscriptionNumbers sum =
          sums.computeIfAbsent(names.get(i), name -> new SubscriptionNumbers());
      sum.add(past.get(i));
      if (!open.isEmpty()) {
        sum.add(open.get(i));
      }
    }
  }

  /** Adds what was counted by one that is forgotten. */
  void addTo(Map<Name, Tally> sums) {
    for (int i = 0; i < names.size(); i++) {
      sums.computeIfAbsent(names.get(i), name -> new Tally()).add(past.get(i));
    }
  }
}
