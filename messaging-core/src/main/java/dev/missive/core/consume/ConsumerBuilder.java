package dev.missive.core.consume;

import static java.util.Objects.requireNonNull;

import dev.missive.AsyncHandler;
import dev.missive.BatchHandler;
import dev.missive.Capability;
import dev.missive.Consumer;
import dev.missive.ErrorCode;
import dev.missive.Handler;
import dev.missive.Interceptor;
import dev.missive.MessagingException;
import dev.missive.Ordering;
import dev.missive.OutcomeHandler;
import dev.missive.ReplyHandler;
import dev.missive.RetryPolicy;
import dev.missive.TypedHandler;
import dev.missive.core.publish.Names;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Collects what a consumer shall do and reports every problem at once. Confined to one thread. */
public final class ConsumerBuilder implements Consumer.Builder {
  private static final int BATCH = 100;
  private static final Duration BATCH_WAIT = Duration.ofMillis(100);
  private static final int SMALLEST_WINDOW = 100;
  private static final int WINDOW_PER_HANDLER = 4;

  /** What the builder needs of the runtime. */
  public interface Parts {
    /**
     * Makes the consumer.
     *
     * @param made makes it of what it needs
     * @return one that was not started
     */
    Consumer make(Function<ConsumerWiring, RuntimeConsumer> made);

    /**
     * Decodes for a typed handler.
     *
     * @param type what to decode to
     * @param handler gets the objects
     * @param <T> the type
     * @return gets the messages
     */
    <T> Handler decoding(Class<T> type, TypedHandler<T> handler);

    /**
     * Sends replies.
     *
     * @param handler makes them
     * @return gets the requests
     */
    AsyncHandler replying(ReplyHandler handler);

    /** {@return what is around every run, outermost first} */
    List<Interceptor> interceptors();
  }

  /**
   * What the settings say.
   *
   * @param concurrency consumer.concurrency
   * @param maxInFlight consumer.max-in-flight; null = by concurrency
   * @param maxHandlingTime consumer.max-handling-time; null = what fits
   * @param stallAfter consumer.stall-after
   * @param policy retry.*
   */
  public record Defaults(
      int concurrency,
      @Nullable Integer maxInFlight,
      @Nullable Duration maxHandlingTime,
      Duration stallAfter,
      RetryPolicy policy) {}

  private final Parts parts;
  private final List<String> topics;
  private final List<String> problems = new ArrayList<>();
  private final Set<Capability> required = EnumSet.noneOf(Capability.class);
  private @Nullable String group;
  private boolean broadcast;
  private int concurrency;
  private @Nullable Integer maxInFlight;
  private Ordering ordering = Ordering.NONE;
  private RetryPolicy policy;
  private @Nullable Duration maxHandlingTime;
  private Duration stallAfter;
  private @Nullable Instant from;
  private boolean deadLetterExpired;
  private int handlers;
  private @Nullable Target target;
  private int batchSize = 1;
  private Duration batchWait = Duration.ZERO;

  /**
   * Starts one.
   *
   * @param topics topics and patterns
   * @param defaults from the settings
   * @param parts of the runtime
   */
  public ConsumerBuilder(List<String> topics, Defaults defaults, Parts parts) {
    this.topics = List.copyOf(topics);
    this.parts = parts;
    this.concurrency = defaults.concurrency();
    this.maxInFlight = defaults.maxInFlight();
    this.maxHandlingTime = defaults.maxHandlingTime();
    this.stallAfter = defaults.stallAfter();
    this.policy = defaults.policy();
  }

  @Override
  public Consumer.Builder group(String value) {
    group = requireNonNull(value, "group");
    return this;
  }

  @Override
  public Consumer.Builder broadcast() {
    broadcast = true;
    return this;
  }

  @Override
  public Consumer.Builder concurrency(int value) {
    atLeastOne("concurrency", value);
    concurrency = value;
    return this;
  }

  @Override
  public Consumer.Builder maxInFlight(int value) {
    atLeastOne("maxInFlight", value);
    maxInFlight = value;
    return this;
  }

  @Override
  public Consumer.Builder ordering(Ordering value) {
    ordering = requireNonNull(value, "ordering");
    return this;
  }

  @Override
  public Consumer.Builder require(Capability... capabilities) {
    required.addAll(List.of(capabilities));
    return this;
  }

  @Override
  public Consumer.Builder retry(RetryPolicy value) {
    policy = requireNonNull(value, "policy");
    return this;
  }

  @Override
  public Consumer.Builder maxHandlingTime(Duration value) {
    positive("maxHandlingTime", value);
    maxHandlingTime = value;
    return this;
  }

  @Override
  public Consumer.Builder stallAfter(Duration value) {
    positive("stallAfter", value);
    stallAfter = value;
    return this;
  }

  @Override
  public Consumer.Builder from(Instant value) {
    from = requireNonNull(value, "from");
    return this;
  }

  @Override
  public Consumer.Builder deadLetterExpired() {
    deadLetterExpired = true;
    return this;
  }

  @Override
  public Consumer.Builder handler(Handler handler) {
    return single(Pipeline.of(requireNonNull(handler, "handler")));
  }

  @Override
  public <T> Consumer.Builder typedHandler(Class<T> type, TypedHandler<T> handler) {
    return handler(
        parts.decoding(requireNonNull(type, "type"), requireNonNull(handler, "handler")));
  }

  @Override
  public Consumer.Builder outcomeHandler(OutcomeHandler handler) {
    return single(Pipeline.ofOutcomes(requireNonNull(handler, "handler")));
  }

  @Override
  public Consumer.Builder asyncHandler(AsyncHandler handler) {
    return single(requireNonNull(handler, "handler")::handle);
  }

  @Override
  public Consumer.Builder replyHandler(ReplyHandler handler) {
    return asyncHandler(parts.replying(requireNonNull(handler, "handler")));
  }

  @Override
  public Consumer.Builder batchHandler(BatchHandler handler) {
    return batchHandler(BATCH, BATCH_WAIT, handler);
  }

  @Override
  public Consumer.Builder batchHandler(int maxSize, Duration maxWait, BatchHandler handler) {
    requireNonNull(handler, "handler");
    atLeastOne("maxSize of the batch", maxSize);
    if (maxWait.isNegative()) {
      problems.add("maxWait of the batch was " + maxWait + " but must not be negative");
    }
    handlers++;
    target = Target.batch(parts.interceptors(), handler);
    // A batch of one is still a batch: its handler wants a list.
    batchSize = maxSize;
    batchWait = maxWait;
    return this;
  }

  @Override
  public Consumer build() {
    checkNames();
    int window =
        maxInFlight == null
            ? Math.max(SMALLEST_WINDOW, WINDOW_PER_HANDLER * concurrency)
            : maxInFlight;
    if (handlers != 1) {
      problems.add(
          (handlers == 0 ? "no handler was set" : handlers + " handlers were set")
              + " but exactly one is needed");
    }
    if (batchSize > window) {
      problems.add(
          "maxSize of the batch was " + batchSize + " but must be at most maxInFlight, " + window);
    }
    Target to = target;
    if (!problems.isEmpty() || to == null) {
      throw wrong();
    }
    ConsumerSpec spec =
        new ConsumerSpec(
            topics,
            group,
            concurrency,
            window,
            ordering,
            Set.copyOf(required),
            policy,
            maxHandlingTime,
            stallAfter,
            from,
            deadLetterExpired,
            batchSize,
            batchWait,
            to);
    spec.check();
    return parts.make(wiring -> new RuntimeConsumer(spec, wiring));
  }

  private MessagingException wrong() {
    return new MessagingException(
        ErrorCode.CONFIG_INVALID,
        problems.size()
            + (problems.size() == 1 ? " problem" : " problems")
            + " of a consumer of "
            + topics
            + "\n  "
            + String.join("\n  ", problems)
            + "\n");
  }

  private void checkNames() {
    if (topics.isEmpty()) {
      problems.add("no topic was named but at least one is needed");
    }
    for (String topic : topics) {
      if (Names.isPattern(topic)) {
        Names.pattern(topic);
        if (broadcast) {
          problems.add("\"" + topic + "\" is a pattern but a broadcast needs a topic");
        }
      } else {
        Names.topic(topic);
      }
    }
    if (group != null) {
      Names.group(group);
    }
    if ((group == null) != broadcast) {
      problems.add(
          broadcast
              ? "a broadcast has no group but group was set to " + group
              : "no group was set; call group(..), or broadcast()");
    }
  }

  private Consumer.Builder single(Interceptor.HandleStep step) {
    handlers++;
    target = Target.single(parts.interceptors(), step);
    return this;
  }

  private void atLeastOne(String what, int value) {
    if (value < 1) {
      problems.add(what + " was " + value + " but must be at least 1");
    }
  }

  private void positive(String what, Duration value) {
    if (value.isZero() || value.isNegative()) {
      problems.add(what + " was " + value + " but must be more than zero");
    }
  }
}
