package dev.missive.examples.customadapter;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What waits for one group, or in its dead letters: the places of messages that can be handed out,
 * that wait for their time, and that a member holds. Guarded by the store's lock.
 */
final class JournalQueue {
  final boolean keyOrder;
  private final TreeSet<Long> ready = new TreeSet<>();
  private final TreeSet<Waiting> waiting =
      new TreeSet<>(Comparator.comparingLong(Waiting::due).thenComparingLong(Waiting::at));
  private final Map<Long, Waiting> waitingAt = new HashMap<>();
  private final Map<Long, String> held = new HashMap<>();
  private final Set<String> members = new LinkedHashSet<>();

  private record Waiting(long due, long at) {}

  JournalQueue(boolean keyOrder) {
    this.keyOrder = keyOrder;
  }

  // ---- what the journal says

  void add(long at, long due) {
    if (due == JournalRecord.NOW) {
      ready.add(at);
      return;
    }
    Waiting entry = new Waiting(due, at);
    waiting.add(entry);
    waitingAt.put(at, entry);
  }

  void join(String member) {
    members.add(member);
  }

  /** A member has left, or all members of a session. */
  void leave(String gone) {
    members.removeIf(member -> belongs(member, gone));
    held.entrySet().removeIf(entry -> belongs(entry.getValue(), gone) && ready.add(entry.getKey()));
  }

  /** Whoever wrote that may have seen it become due earlier than we do. */
  void take(long at, String member) {
    Waiting entry = waitingAt.remove(at);
    if (entry != null) {
      waiting.remove(entry);
    }
    ready.remove(at);
    held.put(at, member);
  }

  /** Counts only if the member still holds it. */
  void settle(long at, String member, boolean done) {
    if (held.remove(at, member) && !done) {
      ready.add(at);
    }
  }

  // ---- what can be asked

  /** What this member may take now, oldest first. */
  List<Long> next(String member, int atMost, long now) {
    List<Long> next = new ArrayList<>();
    if (mayTake(member)) {
      wake(now);
      for (Long at : ready) {
        if (next.size() == atMost) {
          break;
        }
        next.add(at);
      }
    }
    return next;
  }

  /** When the next one is due that waits; {@code Long.MAX_VALUE} if none does. */
  long nextDue() {
    return waiting.isEmpty() ? Long.MAX_VALUE : waiting.first().due();
  }

  Set<String> members() {
    return members;
  }

  int waitingCount() {
    return ready.size() + waiting.size();
  }

  int heldCount() {
    return held.size();
  }

  /** With order per key one member works, the others stand by. */
  private boolean mayTake(String member) {
    return !keyOrder || (!members.isEmpty() && members.iterator().next().equals(member));
  }

  private void wake(long now) {
    while (nextDue() <= now) {
      Waiting due = waiting.first();
      waiting.remove(due);
      waitingAt.remove(due.at());
      ready.add(due.at());
    }
  }

  private static boolean belongs(String member, String gone) {
    return member.equals(gone) || member.startsWith(gone + "/");
  }
}
