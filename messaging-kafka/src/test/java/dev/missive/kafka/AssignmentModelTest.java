package dev.missive.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Header;
import dev.missive.kafka.OffsetTracker.Commit;
import dev.missive.spi.Delivery.Settled;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A model test: a plain set of settled offsets, and assignments that end at random moments. */
final class AssignmentModelTest {
  private static final int HISTORIES = 200;
  private static final int GAP = 10_000;
  private static final byte[] NOTHING = new byte[0];
  private static final TopicPartition PARTITION = new TopicPartition("orders", 0);

  private final KafkaSubscription subscription = Unheard.subscription();

  /** In how many lives, or for the gap how often, each was reached: else nothing is proven. */
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
    private final boolean stuck;

    /** Offsets that readers see; between them lie markers. */
    private final TreeSet<Long> log = new TreeSet<>();

    private final TreeSet<Long> settled = new TreeSet<>();
    private long end;
    private Commit committed;

    /** What was known to be settled, and which failed runs were noted, at the last commit. */
    private TreeSet<Long> settledBefore = new TreeSet<>();

    private TreeMap<Long, Integer> notedBefore = new TreeMap<>();

    // Of one life.
    private TreeSet<Long> known = new TreeSet<>();
    private final List<KafkaDelivery> open = new ArrayList<>();
    private TreeMap<Long, Integer> noted = new TreeMap<>();
    private long fetched;
    private boolean full;
    private boolean overflown;
    private @Nullable KafkaDelivery held;

    History(Random random, int number) {
      this.random = random;
      this.stuck = number % 4 == 0;
      this.window = stuck ? 40 : 1 + random.nextInt(300);
      this.limit = number / 4 % 8 < 5 ? 24 : 3584;
      int records = stuck ? 3 * GAP + 500 : 200 + random.nextInt(2000);
      long first = random.nextInt(200);
      end = first;
      for (int i = 0; i < records; i++) {
        end += random.nextInt(20) == 0 ? 1 + random.nextInt(3) : 0;
        log.add(end++);
      }
      committed = new Commit(first, "", true);
    }

    void run() {
      for (int life = 0; life < 200 && !settled.containsAll(log); life++) {
        live();
      }
      assertThat(settled.containsAll(log)).as("everything is settled in the end").isTrue();
    }

    private void live() {
      Assignment assignment =
          new Assignment(
              PARTITION, committed.base(), committed.metadata(), limit, Unheard.subscription());
      // What the last commit told of is gone for good; nothing settled after it is known.
      TreeSet<Long> told = told(committed);
      TreeSet<Long> gone = committed.complete() ? settledBefore : told;
      TreeMap<Long, Integer> runs = notedBefore;
      known = new TreeSet<>(told);
      noted = new TreeMap<>(notedBefore);
      open.clear();
      held = null;
      full = false;
      overflown = false;
      fetched = committed.base() - 1;
      int steps = random.nextInt(4) > (stuck ? 2 : 0) ? random.nextInt(400) : Integer.MAX_VALUE;
      for (int step = 0; step < steps; step++) {
        boolean more = fetch(assignment);
        boolean room = open.size() < window;
        if (more && room && (open.isEmpty() || random.nextInt(3) > 0)) {
          read(assignment, told, gone, runs);
        } else if (!open.isEmpty()) {
          settleOne();
        } else if (!more) {
          assignment.skipTo(end);
          break;
        }
        if (random.nextInt(stuck ? 2000 : 300) == 0) {
          Commit commit = assignment.commit();
          if (commit != null) {
            committed(commit);
          }
        }
        check(assignment.held() == open.size(), "held");
      }
      end(assignment);
    }

    /** Whether there is something that was fetched and not delivered. */
    private boolean fetch(Assignment assignment) {
      Long next = assignment.buffered() ? null : log.ceiling(assignment.nextFetched());
      if (next != null) {
        assignment.buffer(List.of(new ConsumerRecord<>("orders", 0, next, NOTHING, NOTHING)));
      }
      return assignment.buffered();
    }

    private void read(
        Assignment assignment,
        TreeSet<Long> told,
        TreeSet<Long> gone,
        TreeMap<Long, Integer> runs) {
      long oldest = open.stream().mapToLong(delivery -> delivery.offset).min().orElse(fetched + 1);
      boolean far = fetched + 1 - oldest >= GAP;
      check(assignment.full() == far, "full at " + GAP + " offsets from the oldest one");
      KafkaDelivery next = Unheard.next(assignment, subscription, Instant.EPOCH);
      gaps += far && !full ? 1 : 0;
      full = far;
      if (far) {
        check(next == null, "nothing beyond " + GAP);
        held = null;
        return;
      }
      fetched = assignment.nextFetched() - 1;
      check(next != null != told.contains(fetched), "only what was not told comes back");
      if (next == null) {
        return;
      }
      check(!gone.contains(next.offset), "what was settled before the last commit is gone");
      int earlier = earlierRuns(next);
      if (earlier > 0) {
        notes++;
        assertThat(runs).as("noted before the last commit").containsEntry(next.offset, earlier);
      }
      open.add(next);
      held = held == null && stuck && random.nextInt(50) == 0 ? next : held;
    }

    private void settleOne() {
      KafkaDelivery one = open.remove(random.nextInt(open.size()));
      if (one == held && !open.isEmpty()) {
        open.add(one);
      } else if (random.nextInt(10) == 0) {
        int failed = 1 + random.nextInt(4);
        one.failedRuns(failed);
        noted.put(one.offset, earlierRuns(one) + failed);
        open.add(one);
      } else {
        settle(one);
      }
    }

    private void settle(KafkaDelivery one) {
      check(one.ack() == Settled.DONE, "settled once");
      check(one.ack() == Settled.ALREADY, "settled twice");
      settled.add(one.offset);
      known.add(one.offset);
      noted.remove(one.offset);
    }

    private void end(Assignment assignment) {
      if (random.nextBoolean()) {
        crashes++;
        // What it would tell is never committed.
        assignment.end();
      } else {
        waitedRevocations += open.isEmpty() ? 0 : 1;
        for (KafkaDelivery running : List.copyOf(open)) {
          if (random.nextBoolean()) {
            settle(running);
            open.remove(running);
          }
        }
        committed(assignment.end());
        if (committed.complete()) {
          TreeSet<Long> left = new TreeSet<>(log.tailSet(committed.base()));
          left.removeAll(told(committed));
          assertThat(left.headSet(fetched + 1))
              .as("only unsettled ones come back")
              .isEqualTo(
                  open.stream()
                      .map(one -> one.offset)
                      .collect(Collectors.toCollection(TreeSet::new)));
        }
      }
      // By handlers that do not know: nobody is told, and they come back.
      lateCompletions += open.isEmpty() ? 0 : 1;
      open.forEach(late -> assertThat(late.ack()).isEqualTo(Settled.STALE));
      assertThat(assignment.commit()).as("after its end").isNull();
    }

    private void committed(Commit commit) {
      committed = commit;
      settledBefore = new TreeSet<>(known);
      notedBefore = new TreeMap<>(noted);
      overflows += commit.complete() || overflown ? 0 : 1;
      overflown |= !commit.complete();
      assertThat(commit.metadata().length()).isLessThanOrEqualTo(limit);
      assertThat(settled.containsAll(log.headSet(commit.base())))
          .as("the base %d covers only settled offsets", commit.base())
          .isTrue();
      assertThat(settled.containsAll(told(commit)))
          .as("metadata tells only of settled offsets")
          .isTrue();
    }

    /** Read by the rules of the text, not by the tracker. */
    private TreeSet<Long> told(Commit commit) {
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

  /** Millions of times, for which AssertJ is too slow. */
  private static void check(boolean holds, String what) {
    if (!holds) {
      throw new AssertionError(what);
    }
  }

  private static int earlierRuns(KafkaDelivery delivery) {
    return Integer.parseInt(delivery.message().headers().getOrDefault(Header.ATTEMPT, "1")) - 1;
  }
}
