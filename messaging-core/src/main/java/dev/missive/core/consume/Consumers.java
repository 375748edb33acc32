package dev.missive.core.consume;

import dev.missive.Counters;
import dev.missive.core.consume.SubscriptionNumbers.Name;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The consumers of a connection. Thread-safe.
 *
 * <p>Those that were started are kept until they are stopped, also those that failed: somebody has
 * to look at them. The others are kept for as long as the application keeps them: a connection
 * outlives any number of consumers. What a forgotten one has counted stays.
 */
public final class Consumers {
  private final Object lock = new Object();
  private final List<Known> known = new ArrayList<>();
  private final Set<RuntimeConsumer> kept = new LinkedHashSet<>();
  private final Map<Name, Tally> forgotten = new LinkedHashMap<>();

  /** Knows none yet. */
  public Consumers() {}

  /**
   * Knows one more.
   *
   * @param made one that was not started
   */
  public void add(RuntimeConsumer made) {
    synchronized (lock) {
      forget();
      known.add(new Known(made));
    }
  }

  /** It has been started: it is kept, even by nobody else, until {@link #release}. */
  void keep(RuntimeConsumer consumer) {
    synchronized (lock) {
      kept.add(consumer);
    }
  }

  /** It has stopped. */
  void release(RuntimeConsumer consumer) {
    synchronized (lock) {
      kept.remove(consumer);
    }
  }

  /** {@return those that were started and not stopped, in the order of their starts} */
  public List<RuntimeConsumer> kept() {
    synchronized (lock) {
      return List.copyOf(kept);
    }
  }

  /** {@return all that anybody still has, in the order they were made} */
  public List<RuntimeConsumer> all() {
    List<RuntimeConsumer> here = new ArrayList<>();
    synchronized (lock) {
      for (Known one : known) {
        RuntimeConsumer consumer = one.get();
        if (consumer != null) {
          here.add(consumer);
        }
      }
    }
    return here;
  }

  /** {@return numbers per topic and group, of the forgotten ones too} */
  public List<Counters.Subscription> counters() {
    Map<Name, SubscriptionNumbers> sums = new LinkedHashMap<>();
    List<RuntimeConsumer> here;
    synchronized (lock) {
      // Held until they are counted: else one could be forgotten in between.
      here = all();
      forget();
      forgotten.forEach(
          (name, past) -> sums.computeIfAbsent(name, same -> new SubscriptionNumbers()).add(past));
    }
    here.forEach(consumer -> consumer.addTo(sums));
    return sums.entrySet().stream().map(sum -> sum.getValue().counters(sum.getKey())).toList();
  }

  private void forget() {
    known.removeIf(
        one -> {
          boolean gone = one.get() == null;
          if (gone) {
            one.numbers.addTo(forgotten);
          }
          return gone;
        });
  }

  private static final class Known extends WeakReference<RuntimeConsumer> {
    final ConsumerNumbers numbers;

    Known(RuntimeConsumer consumer) {
      super(consumer);
      numbers = consumer.numbers();
    }
  }
}
