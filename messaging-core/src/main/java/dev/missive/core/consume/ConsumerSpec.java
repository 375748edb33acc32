package dev.missive.core.consume;

import dev.missive.Capability;
import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.Ordering;
import dev.missive.RetryPolicy;
import dev.missive.core.connect.Connection;
import dev.missive.core.publish.Names;
import dev.missive.spi.Broker.Traits;
import dev.missive.spi.Subscription;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a consumer was asked to do, before the broker is known.
 *
 * @param topics topics and patterns
 * @param group the group; null for broadcasts
 * @param concurrency how many handlers per subscription
 * @param maxInFlight how many unsettled deliveries
 * @param ordering which order is kept
 * @param required what the broker must have
 * @param policy how failed messages are run again
 * @param maxHandlingTime how long one run may take; null = what fits, at most 25 min
 * @param stallAfter after how long without progress it is stalled
 * @param from where a new group starts
 * @param deadLetterExpired whether expired messages are kept
 * @param batchSize how many messages a run takes; 1 = single messages
 * @param batchWait how long a batch waits to be full
 * @param target the handler with its interceptors
 */
record ConsumerSpec(
    List<String> topics,
    @Nullable String group,
    int concurrency,
    int maxInFlight,
    Ordering ordering,
    Set<Capability> required,
    RetryPolicy policy,
    @Nullable Duration maxHandlingTime,
    Duration stallAfter,
    @Nullable Instant from,
    boolean deadLetterExpired,
    int batchSize,
    Duration batchWait,
    Target target) {
  private static final Duration USUAL_HANDLING = Duration.ofMinutes(25);
  private static final String UNSETTLED = "the broker lets a delivery stay unsettled for ";
  private static final Duration MARGIN = Duration.ofMinutes(1);
  private static final Duration LONGEST_ORDERED = Duration.ofMinutes(10);

  boolean ordered() {
    return ordering == Ordering.KEY;
  }

  Subscription.Kind kind(String topic) {
    if (group == null) {
      return Subscription.Kind.BROADCAST;
    }
    return Names.isPattern(topic) ? Subscription.Kind.PATTERN : Subscription.Kind.GROUP;
  }

  /**
   * The subscription of one topic, now that the broker is known.
   *
   * @throws MessagingException CONFIG_INVALID if its times do not fit into what the broker allows
   */
  FlowSpec flow(String topic, Traits traits) {
    boolean keyOrder = ordered() && traits.support(Capability.KEY_ORDER) != Capability.Support.NONE;
    return new FlowSpec(
        kind(topic),
        topic,
        group,
        maxInFlight,
        ordered(),
        keyOrder,
        policy,
        Waits.bounded(handlingTime(traits.longestHold())),
        Waits.bounded(stallAfter),
        from,
        deadLetterExpired,
        batchSize,
        Waits.bounded(batchWait),
        traits.waitInProcess(),
        traits.longestHold());
  }

  /** What has to hold whatever the broker is. */
  void check() {
    if (ordered() && backoffs().compareTo(LONGEST_ORDERED) > 0) {
      throw new MessagingException(
          ErrorCode.CONFIG_INVALID,
          "ordering(KEY) keeps a key waiting for all retries of a message; the waits of its policy add up to "
              + backoffs()
              + ", the limit is "
              + LONGEST_ORDERED
              + ". Use fewer attempts or shorter waits");
    }
  }

  /**
   * What the broker must be able to do, now that it is known.
   *
   * @throws MessagingException CAPABILITY_MISSING at the first that it cannot
   */
  void check(Connection connection, Traits traits) {
    String where = "a consumer of " + topics;
    required.forEach(capability -> connection.check(traits, capability, where));
    if (ordered()) {
      connection.check(traits, Capability.ORDERED_RETRY, where);
    }
    if (group == null) {
      connection.check(traits, Capability.BROADCAST, where);
    }
    if (topics.stream().anyMatch(Names::isPattern)) {
      connection.check(traits, Capability.WILDCARD, where);
    }
    if (from != null) {
      connection.check(traits, Capability.START_POSITION, where);
    }
  }

  private Duration handlingTime(Duration hold) {
    if (hold.isZero()) {
      return maxHandlingTime == null ? USUAL_HANDLING : maxHandlingTime;
    }
    Duration fits = longestRun(hold);
    // The last of several runs may begin late, and there is room for it. A single one needs some to
    // begin with: what could not end in time any more is not started.
    boolean single = !ordered() || policy.maxAttempts() == 1;
    if (maxHandlingTime == null) {
      Duration usual = single ? fits.minus(MARGIN) : fits;
      Duration chosen = usual.compareTo(Duration.ZERO) > 0 ? usual : fits.dividedBy(2);
      return chosen.compareTo(USUAL_HANDLING) < 0 ? chosen : USUAL_HANDLING;
    }
    if (maxHandlingTime.compareTo(fits) > 0 || single && maxHandlingTime.equals(fits)) {
      throw new MessagingException(
          ErrorCode.CONFIG_INVALID,
          UNSETTLED
              + hold
              + "; "
              + (ordered()
                  ? policy.maxAttempts()
                      + " runs of maxHandlingTime "
                      + maxHandlingTime
                      + ", waits of "
                      + backoffs()
                  : "maxHandlingTime " + maxHandlingTime)
              + " and 1 min do not fit. Lower maxHandlingTime to "
              + (single ? "less than " : "at most ")
              + fits
              + ", or raise the broker's limit");
    }
    return maxHandlingTime;
  }

  /** How long a run may take if all of them are to end while a broker lets a delivery be held. */
  private Duration longestRun(Duration hold) {
    Duration fits =
        ordered()
            ? hold.minus(MARGIN).minus(backoffs()).dividedBy(policy.maxAttempts())
            : hold.minus(MARGIN);
    if (fits.compareTo(Duration.ZERO) <= 0) {
      throw new MessagingException(
          ErrorCode.CONFIG_INVALID,
          UNSETTLED
              + hold
              + ", which is too short to handle anything: 1 min is kept to spare"
              + (ordered() ? ", and the waits between the runs take " + backoffs() : "")
              + ". Raise the broker's limit"
              + (ordered() ? ", or use fewer attempts or shorter waits" : ""));
    }
    return fits;
  }

  /** All waits of the policy, with the longest jitter. */
  private Duration backoffs() {
    Duration sum = Duration.ZERO;
    for (int run = 1;
        run < policy.maxAttempts() && sum.compareTo(LONGEST_ORDERED.multipliedBy(10)) < 0;
        run++) {
      sum = sum.plus(Waits.bounded(policy.backoff(run)));
    }
    return sum.plus(sum.dividedBy(5));
  }
}
