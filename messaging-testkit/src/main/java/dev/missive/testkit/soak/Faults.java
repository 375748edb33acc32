package dev.missive.testkit.soak;

import dev.missive.testkit.contract.BrokerUnderTest;
import dev.missive.testkit.contract.Control;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/** Faults one after another, which ones and for how long by the seed. Confined to one thread. */
final class Faults {
  private static final int SHORTEST_REST_MILLIS = 1_000;
  private static final int LONGEST_REST_MILLIS = 8_000;
  private static final int SHORTEST_MILLIS = 200;
  private static final int LONGEST_MILLIS = 5_000;

  private final BrokerUnderTest broker;
  private final Load load;
  private final Random random;
  private final List<Fault> possible;
  private final List<Fault> inflicted = new ArrayList<>();
  private final Set<Control> used = new HashSet<>();
  private final Problems problems;

  Faults(BrokerUnderTest broker, Load load, long seed, Problems problems) {
    this.broker = broker;
    this.load = load;
    this.problems = problems;
    this.random = new Random(seed);
    this.possible = Fault.of(broker);
  }

  /** Inflicts faults until then, or until one fails; all of them are undone when it returns. */
  void inflictUntil(long nanos) {
    while (true) {
      // Drawn in one go, so that a seed means the same faults whatever the broker does.
      long rest = between(SHORTEST_REST_MILLIS, LONGEST_REST_MILLIS);
      Fault fault = possible.get(random.nextInt(possible.size()));
      long millis = between(SHORTEST_MILLIS, LONGEST_MILLIS);
      if (System.nanoTime() + Duration.ofMillis(rest + millis).toNanos() - nanos >= 0) {
        return;
      }
      pass(rest);
      inflicted.add(fault);
      try {
        fault.inflict(this, millis);
      } catch (RuntimeException | Error e) {
        problems.add(fault.name(), e);
        mend();
        return;
      }
    }
  }

  private void mend() {
    for (Control control : used) {
      try {
        control.mend();
      } catch (RuntimeException | Error e) {
        problems.add("mending", e);
      }
    }
  }

  /** What was inflicted, in order. */
  List<String> inflicted() {
    return inflicted.stream().map(Fault::name).toList();
  }

  Load load() {
    return load;
  }

  <T extends Control> T use(Class<T> type) {
    T control = broker.find(type).orElseThrow();
    used.add(control);
    return control;
  }

  void pass(long millis) {
    long end = System.nanoTime() + Duration.ofMillis(millis).toNanos();
    for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }

  private long between(int least, int most) {
    return least + random.nextInt(most - least);
  }
}
