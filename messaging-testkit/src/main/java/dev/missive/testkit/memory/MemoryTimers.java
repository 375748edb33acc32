package dev.missive.testkit.memory;

import dev.missive.spi.Time;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The clock of a broker, which is that of one of its clients, and the groups in which messages wait
 * for their time. Guarded by the server's lock.
 */
final class MemoryTimers {
  private final MemoryServer server;
  private final Set<MemoryGroup> timed = new LinkedHashSet<>();
  private @Nullable Time time;
  private @Nullable Instant armedFor;
  private Runnable cancel = () -> {};

  MemoryTimers(MemoryServer server) {
    this.server = server;
  }

  Instant now() {
    return Objects.requireNonNull(time).now();
  }

  /** From now on this clock counts. */
  void use(Time clock) {
    if (clock == time) {
      return;
    }
    time = clock;
    disarm();
    armNext();
  }

  /** A message of this group waits. */
  void await(MemoryGroup group, Instant due) {
    timed.add(group);
    arm(due);
  }

  void clear() {
    timed.clear();
    disarm();
  }

  private void arm(Instant due) {
    Instant armed = armedFor;
    if (armed != null && !due.isBefore(armed)) {
      return;
    }
    disarm();
    armedFor = due;
    Duration after = Duration.between(now(), due);
    cancel =
        Objects.requireNonNull(time)
            .schedule(after.isNegative() ? Duration.ZERO : after, () -> fire(due));
  }

  private void disarm() {
    cancel.run();
    cancel = () -> {};
    armedFor = null;
  }

  private void fire(Instant due) {
    server.lock.lock();
    try {
      if (!due.equals(armedFor)) {
        return;
      }
      disarm();
      Instant now = now();
      for (MemoryGroup group : timed) {
        if (group.wake(now)) {
          server.dirty(group);
        }
      }
      armNext();
      server.assign();
    } finally {
      server.lock.unlock();
    }
  }

  private void armNext() {
    for (MemoryGroup group : List.copyOf(timed)) {
      Instant due = group.nextDue();
      if (due == null) {
        timed.remove(group);
      } else {
        arm(due);
      }
    }
  }
}
