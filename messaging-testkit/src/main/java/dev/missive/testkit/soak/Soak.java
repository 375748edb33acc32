package dev.missive.testkit.soak;

import static java.util.Objects.requireNonNull;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.testkit.contract.BrokerUnderTest;
import dev.missive.testkit.history.Violation;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * Runs load and random faults against a broker, in real time, and judges what became of every
 * message: whatever has a receipt is handled by each group, nothing else is, attempts are true, no
 * handler's failures lead to dead letters that they do not explain, no message comes again more
 * than five times without a failure, and where the broker has {@link
 * dev.missive.Capability#KEY_ORDER} a group that asks for it keeps the order per key. Immutable.
 *
 * <pre>{@code
 * SoakReport report = Soak.of(broker).lasting(Duration.ofHours(1)).run();
 * assertThat(report.passed()).as(report.toString()).isTrue();
 * }</pre>
 *
 * @since 0.1
 */
public final class Soak {
  private static final Logger LOG = System.getLogger("dev.missive.soak");
  private static final String LASTING = "missive.soak";
  private static final String SEED = "missive.soak.seed";
  private static final int MESSAGES_PER_SECOND = 400;

  /** First it must come back, and then handle what has gathered. */
  private static final int SETTLING = 2;

  private static final Duration LOOK_AGAIN = Duration.ofMillis(100);

  /**
   * Each fault may bring what was in flight once more; no message is in flight for longer than a
   * few of them, however long the soak.
   */
  private static final int MOST_DUPLICATES = 5;

  private final BrokerUnderTest broker;
  private final Duration lasting;
  private final long seed;
  private final int rate;

  private Soak(BrokerUnderTest broker, Duration lasting, long seed, int rate) {
    if (lasting.isNegative() || lasting.isZero() || rate < 1) {
      throw new MessagingException(
          ErrorCode.CONFIG_INVALID,
          "a soak of " + lasting + " at " + rate + " messages a second: both must be more than 0");
    }
    this.broker = broker;
    this.lasting = lasting;
    this.seed = seed;
    this.rate = rate;
  }

  /**
   * Prepares one.
   *
   * @param broker with the controls that are to be used as faults; not in virtual time
   * @return a minute, or as long as the system property {@code missive.soak} says ({@code PT1H}),
   *     with the seed of the system property {@code missive.soak.seed}, or of now, and 400 messages
   *     a second
   */
  public static Soak of(BrokerUnderTest broker) {
    if (requireNonNull(broker, "broker").time().isPresent()) {
      throw new MessagingException(
          ErrorCode.CONFIG_INVALID, "a soak takes real time: give it a broker without a clock");
    }
    return new Soak(broker, usual(), usualSeed(), MESSAGES_PER_SECOND);
  }

  private static Duration usual() {
    String text = System.getProperty(LASTING, "PT1M");
    try {
      return Duration.parse(text);
    } catch (DateTimeParseException e) {
      throw new MessagingException(
          ErrorCode.CONFIG_INVALID,
          "the system property "
              + LASTING
              + " was \""
              + text
              + "\" but must be a duration such as PT1H",
          e);
    }
  }

  private static long usualSeed() {
    String text = System.getProperty(SEED, "" + System.nanoTime());
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new MessagingException(
          ErrorCode.CONFIG_INVALID,
          "the system property "
              + SEED
              + " was \""
              + text
              + "\" but must be a whole number, such as the report of a soak names",
          e);
    }
  }

  /**
   * How long load and faults last; the verdict comes up to twice {@link
   * BrokerUnderTest#readyTimeout()} later.
   *
   * @param time more than zero; below an hour the report says SHORT
   * @return a changed copy
   */
  public Soak lasting(Duration time) {
    return new Soak(broker, time, seed, rate);
  }

  /**
   * Repeats the faults and the load of another run.
   *
   * @param number from its report
   * @return a changed copy
   */
  public Soak seed(long number) {
    return new Soak(broker, lasting, number, rate);
  }

  /**
   * How much is published.
   *
   * @param messagesPerSecond of all producers together, at most; more than zero
   * @return a changed copy
   */
  public Soak rate(int messagesPerSecond) {
    return new Soak(broker, lasting, seed, messagesPerSecond);
  }

  /**
   * Runs it; progress goes to the log.
   *
   * @return the verdict, also if a fault could not be inflicted: then no more follow
   */
  public SoakReport run() {
    Instant start = Instant.now();
    LOG.log(
        Level.INFO, "soak of {0} for {1}, seed {2}", broker.name(), lasting, Long.toString(seed));
    Problems problems = new Problems();
    try (Load load = new Load(broker, seed, rate, problems)) {
      Faults faults = new Faults(broker, load, seed, problems);
      long end = System.nanoTime() + lasting.toNanos();
      faults.inflictUntil(end);
      faults.pass(Math.max(0, Duration.ofNanos(end - System.nanoTime()).toMillis()));
      load.stopPublishing();
      return verdict(start, load, faults.inflicted(), problems);
    }
  }

  private SoakReport verdict(Instant start, Load load, List<String> inflicted, Problems problems) {
    long end = System.nanoTime() + broker.readyTimeout().multipliedBy(SETTLING).toNanos();
    List<Violation> violations = load.check(MOST_DUPLICATES);
    while (!violations.isEmpty() && System.nanoTime() - end < 0) {
      LockSupport.parkNanos(LOOK_AGAIN.toNanos());
      violations = load.check(MOST_DUPLICATES);
    }
    long deadLetters = 0;
    try {
      deadLetters = load.deadLetters();
    } catch (MessagingException e) {
      problems.add("counting dead letters", e);
    }
    return new SoakReport(
        broker.name(),
        seed,
        start,
        Instant.now(),
        lasting,
        load.stored(),
        load.refused(),
        load.unknown(),
        load.runs(),
        deadLetters,
        inflicted,
        violations,
        problems.texts());
  }
}
