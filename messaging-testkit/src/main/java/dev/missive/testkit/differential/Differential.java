package dev.missive.testkit.differential;

import static java.util.Objects.requireNonNull;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.testkit.MemoryBroker;
import dev.missive.testkit.contract.BrokerUnderTest;
import dev.missive.testkit.contract.Control;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Plays random scripts on two brokers, in real time, and compares what became of every message: the
 * attempts it was run with, where it ended, and the order per key where that is promised. Scripts
 * publish (at once, delayed, with a time to live), let handlers fail in every way, stop, start,
 * pause and resume the consumer, redrive dead letters, and cut connections where both brokers have
 * that {@link Control.Cut}; after cuts only the ends are compared, because a message may run more
 * often then. The first script that ends differently is made as short as possible. Immutable;
 * methods return changed copies.
 *
 * <pre>{@code
 * DifferentialReport report = Differential.of(broker).run();
 * assertThat(report.passed()).as(report.toString()).isTrue();
 * }</pre>
 *
 * @since 0.1
 */
public final class Differential {
  private static final String SEED = "missive.differential.seed";
  private static final int SCRIPTS = 48;
  private static final int STEPS = 60;
  private static final int LEAST = 100;

  private final BrokerUnderTest other;
  private final @Nullable BrokerUnderTest reference;
  private final long seed;
  private final int scripts;
  private final int steps;
  private final int least;

  private Differential(
      BrokerUnderTest other,
      @Nullable BrokerUnderTest reference,
      long seed,
      int scripts,
      int steps,
      int least) {
    if (scripts < 1 || steps < 1) {
      throw new MessagingException(
          ErrorCode.CONFIG_INVALID,
          scripts + " scripts of " + steps + " steps: both must be at least 1");
    }
    this.other = other;
    this.reference = reference;
    this.seed = seed;
    this.scripts = scripts;
    this.steps = steps;
    this.least = least;
  }

  /**
   * Prepares one.
   *
   * @param broker the broker under test; not in virtual time
   * @return against the in-memory broker, 48 scripts of 60 steps each, in which everything must
   *     occur 100 times; the seed is that of the system property {@code missive.differential.seed},
   *     or of now
   */
  public static Differential of(BrokerUnderTest broker) {
    return new Differential(
        realTime(broker), null, Long.getLong(SEED, System.nanoTime()), SCRIPTS, STEPS, LEAST);
  }

  /**
   * Compares with another broker than the in-memory one.
   *
   * @param broker what is taken for right; not in virtual time
   * @return a changed copy
   */
  public Differential against(BrokerUnderTest broker) {
    return new Differential(other, realTime(broker), seed, scripts, steps, least);
  }

  /**
   * Repeats the scripts of another run. What they leave open (threads, windows) repeats as well;
   * how threads take turns does not.
   *
   * @param number from its report
   * @return a changed copy
   */
  public Differential seed(long number) {
    return new Differential(other, reference, number, scripts, steps, least);
  }

  /**
   * How much is played.
   *
   * @param number how many scripts, at least 1
   * @param length how many steps each of them has, at least 1
   * @return a changed copy
   */
  public Differential scripts(int number, int length) {
    return new Differential(other, reference, seed, number, length, least);
  }

  /**
   * How often each operation, outcome and fault that both brokers can have must occur.
   *
   * @param times zero or more
   * @return a changed copy
   */
  public Differential least(int times) {
    return new Differential(other, reference, seed, scripts, steps, times);
  }

  /**
   * Plays the scripts, eight at a time, and shrinks the first one that ends differently, by playing
   * at most 200 shorter ones.
   *
   * @return what was found
   */
  public DifferentialReport run() {
    if (reference != null) {
      return run(reference);
    }
    String name = "differential-" + UUID.randomUUID();
    try (MemoryBroker memory = MemoryBroker.named(name)) {
      Control.Cut cut = memory::drop;
      return run(BrokerUnderTest.of("memory", Map.of("memory.name", name)).control(cut));
    }
  }

  private DifferentialReport run(BrokerUnderTest expected) {
    try (Side left = new Side(expected, seed);
        Side right = new Side(other, ~seed)) {
      return new Comparison(left, right).run(seed, scripts, steps, least);
    }
  }

  private static BrokerUnderTest realTime(BrokerUnderTest broker) {
    if (requireNonNull(broker, "broker").time().isPresent()) {
      throw new MessagingException(
          ErrorCode.CONFIG_INVALID,
          "a differential run takes real time: give it brokers without a clock");
    }
    return broker;
  }
}
