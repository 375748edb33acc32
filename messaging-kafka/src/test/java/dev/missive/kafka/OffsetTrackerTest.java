package dev.missive.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** A model test: a plain set of settled offsets, and lives that end at random moments. */
final class OffsetTrackerTest {
  private static final int HISTORIES = 200;
  private static final int GAP = 10_000;

  /** How often each thing happened; a test that never got there proves nothing. */
  private int overflows;

  private int gaps;
  private int crashes;
  private int waitedRevocations;
  private int lateCompletions;
  private int notes;

  @Test
  void commits_never_cover_what_is_not_settled_and_only_unsettled_ones_come_back() {
    long seed = Long.getLong("missive.seed", System.nanoTime());
    for (int i = 0; i < HISTORIES; i++) {
      new History(new Random(seed + i), i).run();
    }
    System.out.printf(
        "seed %d: overflow %d, gap of %d %d, crash %d, revocation with open ones %d, late completion %d, notes read back %d%n",
        seed, overflows, GAP, gaps, crashes, waitedRevocations, lateCompletions, notes);
    assertThat(List.of(overflows, gaps, crashes, waitedRevocations, lateCompletions, notes))
        .as("each case at least 100 times with seed %d", seed)
        .allMatch(count -> count >= 100);
  }

  /** One partition over several lives of its consumer. */
  private final class History {
    private final Random random;
    private final int window;
    private final int limit;
    private final int records;
    private final boolean stuck;

    /** Offsets that readers see; between them lie markers. */
    private final TreeSet<Long> log = new TreeSet<>();

    private final TreeSet<Long> settled = new TreeSet<>();
    private final TreeSet<Long> delivered = new TreeSet<>();
    private long end;
    private OffsetTracker.Commit committed;

    History(Random random, int number) {
      this.random = random;
      this.stuck = number % 8 == 0;
      this.window = stuck ? 40 : 1 + random.nextInt(300);
      this.limit = number % 3 == 1 ? 24 : 3584;
      this.records = stuck ? GAP + 500 : 200 + random.nextInt(2000);
      long first = random.nextInt(200);
      end = first;
      for (int i = 0; i < records; i++) {
        end += random.nextInt(20) == 0 ? 1 + random.nextInt(3) : 0;
        log.add(end++);
      }
      committed = new OffsetTracker.Commit(first, "", true);
    }

    void run() {
      for (int life = 0; life < 200 && !settled.containsAll(log); life++) {
        live();
      }
      assertThat(settled.containsAll(log)).as("everything is settled in the end").isTrue();
    }

    private void live() {
      OffsetTracker tracker = new OffsetTracker(committed.base(), committed.metadata(), limit);
      TreeSet<Long> cameBack = new TreeSet<>();
      List<Long> open = new ArrayList<>();
      boolean whole = committed.complete();
      // What the last commit told of is gone for good; nothing settled after it is known.
      TreeSet<Long> told = told(committed);
      Long held = null;
      int steps = random.nextInt(4) > (stuck ? 2 : 0) ? random.nextInt(400) : Integer.MAX_VALUE;
      long reading = committed.base();
      for (int step = 0; step < steps; step++) {
        Long next = log.ceiling(Math.max(reading, tracker.position()));
        boolean room = open.size() < window && tracker.span() < GAP;
        if (tracker.span() >= GAP) {
          gaps++;
          held = null;
        }
        if (next != null && room && (open.isEmpty() || random.nextInt(3) > 0)) {
          reading = next + 1;
          boolean deliver = tracker.fetched(next);
          assertThat(deliver).as("offset %d", next).isEqualTo(!told.contains(next));
          assertThat(tracker.fetched(next)).as("fetched twice").isFalse();
          if (deliver) {
            notes += tracker.failedRuns(next) > 0 ? 1 : 0;
            if (settled.contains(next)) {
              cameBack.add(next);
            }
            open.add(next);
            held = held == null && stuck && random.nextInt(50) == 0 ? next : held;
          }
        } else if (!open.isEmpty()) {
          long offset = open.remove(random.nextInt(open.size()));
          if (held != null && offset == held && open.size() > 0) {
            open.add(offset);
            continue;
          }
          if (random.nextInt(10) == 0) {
            tracker.failed(offset, 1 + random.nextInt(4));
            open.add(offset);
            continue;
          }
          assertThat(tracker.settle(offset)).isTrue();
          assertThat(tracker.settle(offset)).as("settled twice").isFalse();
          settled.add(offset);
        } else if (next == null) {
          tracker.skipTo(end);
          break;
        }
        if (random.nextInt(300) == 0) {
          commit(tracker);
        }
        assertThat(tracker.open()).isEqualTo(open.size());
      }
      end(tracker, open);
      if (whole && limit > 100) {
        // Only what was settled after the last commit of a life that crashed can come back.
        cameBack.retainAll(told);
        assertThat(cameBack).isEmpty();
      }
    }

    private void end(OffsetTracker tracker, List<Long> open) {
      if (random.nextBoolean()) {
        crashes++;
        lateCompletions += open.isEmpty() ? 0 : 1;
        // Settled after the crash, by a handler that does not know: nobody is told.
        open.forEach(tracker::settle);
        return;
      }
      waitedRevocations += open.isEmpty() ? 0 : 1;
      for (long offset : List.copyOf(open)) {
        if (random.nextBoolean()) {
          tracker.settle(offset);
          settled.add(offset);
          open.remove(offset);
        }
      }
      commit(tracker);
      if (committed.complete()) {
        TreeSet<Long> left = new TreeSet<>(log.tailSet(committed.base()));
        left.removeAll(told(committed));
        assertThat(left.headSet(tracker.position()).equals(new TreeSet<>(open)))
            .as("only unsettled ones come back")
            .isTrue();
      }
    }

    private void commit(OffsetTracker tracker) {
      committed = tracker.commit();
      overflows += committed.complete() ? 0 : 1;
      assertThat(committed.metadata().length()).isLessThanOrEqualTo(limit);
      assertThat(settled.containsAll(log.headSet(committed.base())))
          .as("the base %d covers only settled offsets", committed.base())
          .isTrue();
      assertThat(settled.containsAll(told(committed)))
          .as("metadata tells only of settled offsets")
          .isTrue();
    }

    /** Read by the rules of the text, not by the tracker. */
    private TreeSet<Long> told(OffsetTracker.Commit commit) {
      OffsetBits bits = new OffsetBits(commit.base());
      OffsetMetadata.decode(commit.metadata(), bits);
      TreeSet<Long> told = new TreeSet<>();
      for (long at = bits.nextPresent(commit.base()); at < bits.end(); ) {
        if (log.contains(at)) {
          told.add(at);
        }
        at = bits.nextPresent(at + 1);
      }
      return told;
    }
  }
}
