package dev.missive.core.consume;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The order of what has not started: messages of one key one after another, keys beside each other,
 * messages without a key free. Guarded by the lock of its {@link Flow}.
 *
 * <p>A lane is there as long as its key has a message in it. It is open when none of its messages
 * is out; then its first message is among the ready ones.
 */
final class Lanes {
  /** The messages of one key. */
  static final class Lane {
    final ByteBuffer key;
    @Nullable Held head;
    @Nullable Held tail;
    int size;

    /** How many have been taken and not freed. */
    int out;

    Lane(ByteBuffer key) {
      this.key = key;
    }
  }

  private final Map<ByteBuffer, Lane> lanes = new HashMap<>();
  private final ArrayDeque<Held> ready = new ArrayDeque<>();
  private int available;

  /** How many could be taken at once. */
  int available() {
    return available;
  }

  void add(Held held) {
    held.nextInLane = null;
    ByteBuffer key = held.key;
    if (key == null) {
      ready.add(held);
      available++;
      return;
    }
    Lane lane = lanes.get(key);
    if (lane == null) {
      lane = new Lane(key);
      lanes.put(key, lane);
    }
    held.lane = lane;
    if (lane.tail == null) {
      lane.head = held;
    } else {
      lane.tail.nextInLane = held;
    }
    lane.tail = held;
    lane.size++;
    if (lane.out == 0) {
      available++;
      if (lane.head == held) {
        ready.add(held);
      }
    }
  }

  /**
   * Lets the key of a new one wait for it, as if it had been taken; false if there are others of
   * its key, who were first.
   */
  boolean hold(Held held) {
    ByteBuffer key = held.key;
    if (key == null) {
      return true;
    }
    if (lanes.containsKey(key)) {
      return false;
    }
    Lane lane = new Lane(key);
    lane.out = 1;
    lanes.put(key, lane);
    held.lane = lane;
    return true;
  }

  /** Puts one back that is out and whose key has waited for it; it comes first. */
  void resume(Held held) {
    held.resumed = true;
    ready.addFirst(held);
    available++;
  }

  /** Takes one; its key is closed until it is freed. */
  @Nullable Held take() {
    Held held = ready.poll();
    if (held == null) {
      return null;
    }
    available--;
    Lane lane = held.lane;
    if (held.resumed) {
      held.resumed = false;
    } else if (lane != null) {
      takeHead(lane);
      available -= lane.size;
    }
    return held;
  }

  /** Takes up to so many, of one key as many as there are, in the order they came. */
  List<Held> takeBatch(int max) {
    List<Held> batch = new ArrayList<>(Math.min(max, available));
    while (batch.size() < max) {
      Held held = take();
      if (held == null) {
        break;
      }
      batch.add(held);
      Lane lane = held.lane;
      while (lane != null
          && lane.out > 0
          && lane.head != null
          && batch.size() < max
          && !closed(lane, batch)) {
        batch.add(takeHead(lane));
      }
    }
    batch.sort((a, b) -> Long.compare(a.sequence, b.sequence));
    return batch;
  }

  /**
   * Whether a message of this lane is out that is not of this batch: a resumed one, while others of
   * its batch still wait.
   */
  private static boolean closed(Lane lane, List<Held> batch) {
    int here = 0;
    for (Held held : batch) {
      here += held.lane == lane ? 1 : 0;
    }
    return lane.out > here;
  }

  /** Opens the key of one that was taken, if it was the last of its key that was out. */
  void free(Held held) {
    Lane lane = held.lane;
    held.lane = null;
    if (lane == null || --lane.out > 0) {
      return;
    }
    if (lane.head == null) {
      lanes.remove(lane.key);
    } else {
      ready.add(lane.head);
      available += lane.size;
    }
  }

  /** Takes out those that match, wherever they wait, in the order they came. */
  List<Held> remove(Predicate<Held> which) {
    List<Held> removed = new ArrayList<>();
    List<Held> kept = new ArrayList<>();
    for (Held held : ready) {
      if (held.resumed || held.lane == null) {
        (which.test(held) ? removed : kept).add(held);
      }
    }
    ready.clear();
    ready.addAll(kept);
    available = kept.size();
    removed.forEach(
        held -> {
          if (held.resumed) {
            held.resumed = false;
            release(held);
          }
        });
    for (Lane lane : List.copyOf(lanes.values())) {
      filter(lane, which, removed);
    }
    removed.sort((a, b) -> Long.compare(a.sequence, b.sequence));
    return removed;
  }

  /** The keys that have messages waiting, at most so many. */
  List<ByteBuffer> keys(int max) {
    return lanes.keySet().stream().limit(max).toList();
  }

  private void release(Held held) {
    Lane lane = held.lane;
    held.lane = null;
    if (lane != null) {
      lane.out--;
    }
  }

  private void filter(Lane lane, Predicate<Held> which, List<Held> removed) {
    List<Held> members = new ArrayList<>();
    for (Held held = lane.head; held != null; held = held.nextInLane) {
      members.add(held);
    }
    lane.head = null;
    lane.tail = null;
    lane.size = 0;
    for (Held held : members) {
      held.nextInLane = null;
      if (which.test(held)) {
        held.lane = null;
        removed.add(held);
      } else {
        append(lane, held);
      }
    }
    if (lane.out == 0) {
      if (lane.head == null) {
        lanes.remove(lane.key);
      } else {
        ready.add(lane.head);
        available += lane.size;
      }
    }
  }

  private static void append(Lane lane, Held held) {
    if (lane.tail == null) {
      lane.head = held;
    } else {
      lane.tail.nextInLane = held;
    }
    lane.tail = held;
    lane.size++;
  }

  private static Held takeHead(Lane lane) {
    Held held = Objects.requireNonNull(lane.head);
    lane.head = held.nextInLane;
    if (lane.head == null) {
      lane.tail = null;
    }
    held.nextInLane = null;
    lane.size--;
    lane.out++;
    return held;
  }
}
