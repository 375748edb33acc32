package dev.missive.core.publish;

import static java.util.Objects.requireNonNull;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.Producer;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Collects the options of a producer. Confined to one thread. */
public final class ProducerBuilder implements Producer.Builder {
  private final Function<PublishOptions, Producer> make;
  private Duration deadline;
  private @Nullable Duration timeToLive;
  private boolean failWhenFull;
  private boolean strict;
  private @Nullable Executor executor;

  /**
   * Starts with the settings.
   *
   * @param deadline producer.deadline
   * @param timeToLive producer.time-to-live
   * @param failWhenFull producer.fail-when-full
   * @param strict producer.strict-key-order
   * @param make makes the producer
   */
  public ProducerBuilder(
      Duration deadline,
      @Nullable Duration timeToLive,
      boolean failWhenFull,
      boolean strict,
      Function<PublishOptions, Producer> make) {
    this.deadline = deadline;
    this.timeToLive = timeToLive;
    this.failWhenFull = failWhenFull;
    this.strict = strict;
    this.make = make;
  }

  @Override
  public Producer.Builder deadline(Duration value) {
    deadline = positive("deadline", value);
    return this;
  }

  @Override
  public Producer.Builder strictKeyOrder() {
    strict = true;
    return this;
  }

  @Override
  public Producer.Builder timeToLive(Duration value) {
    timeToLive = positive("timeToLive", value);
    return this;
  }

  @Override
  public Producer.Builder failWhenFull() {
    failWhenFull = true;
    return this;
  }

  @Override
  public Producer.Builder completeOn(Executor where) {
    executor = requireNonNull(where, "executor");
    return this;
  }

  @Override
  public Producer build() {
    StrictOrder order = strict ? StrictOrder.perKey() : StrictOrder.OFF;
    return make.apply(
        new PublishOptions(deadline, timeToLive, failWhenFull, order, executor, new InFlight()));
  }

  private static Duration positive(String what, Duration value) {
    if (value.isZero() || value.isNegative()) {
      throw new MessagingException(
          ErrorCode.CONFIG_INVALID,
          what + " of a producer was " + value + " but must be more than zero");
    }
    return value;
  }
}
