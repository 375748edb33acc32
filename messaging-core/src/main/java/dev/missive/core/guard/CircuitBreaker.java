package dev.missive.core.guard;

import static java.util.Objects.requireNonNull;

import dev.missive.ErrorCode;
import dev.missive.Interceptor;
import dev.missive.Message;
import dev.missive.MessagingException;
import dev.missive.NotRetryableException;
import dev.missive.Outcome;
import dev.missive.PauseException;
import dev.missive.PublishException;
import dev.missive.Receipt;
import dev.missive.ReceivedMessage;
import dev.missive.core.guard.Circuit.Permit;
import dev.missive.core.guard.Circuit.Result;
import dev.missive.spi.Time;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Stops taking in messages while what their handler depends on is away, and stops publishing while
 * the broker takes nothing. Thread-safe.
 *
 * <p>Each topic and group has a circuit of its own. It opens when too many of the last runs failed.
 * Open, it pauses the subscription: messages wait without spending attempts, and health says why.
 * After {@link CircuitPolicy#openFor} it admits one delivery; if that succeeds the circuit is
 * closed, if it fails it stays open for as long again.
 *
 * <p>A run fails by an exception, {@code retry} or {@code retryAfter}, and succeeds by {@code ack}.
 * All else says nothing about what the handler depends on and is not counted: {@link
 * PauseException}, messages that cannot be decoded or have no handler, {@link
 * NotRetryableException} and {@link CircuitPolicy#notFailures}, {@code deadLetter} and {@code
 * drop}.
 *
 * <p>Publishing has one more circuit. Only failures of the broker count: unreachable, blocked, too
 * late, rejected. While it is open a publish fails at once with {@link ErrorCode#CIRCUIT_OPEN}, not
 * stored.
 *
 * <p>Give each connection an instance of its own, else the failures of one broker stop the
 * publishes to another. Declare it after (inside) {@link Idempotency}, whose {@code retryAfter} for
 * duplicates would count as failures.
 *
 * <pre>{@code
 * Messaging.builder().interceptors(CircuitBreaker.with(CircuitPolicy.standard())).open();
 * }</pre>
 *
 * @since 0.1
 */
public final class CircuitBreaker implements Interceptor {
  private static final Set<ErrorCode> OF_THE_BROKER =
      EnumSet.of(
          ErrorCode.BROKER_UNREACHABLE,
          ErrorCode.BROKER_BLOCKED,
          ErrorCode.PUBLISH_TIMEOUT,
          ErrorCode.PUBLISH_REJECTED);
  private static final Set<ErrorCode> OF_THE_MESSAGE =
      EnumSet.of(ErrorCode.UNDECODABLE, ErrorCode.TYPE_UNKNOWN);

  private record Subscribed(String topic, @Nullable String group) {
    @Override
    public String toString() {
      return topic + (group == null ? " (broadcast)" : "/" + group);
    }
  }

  private final @Nullable CircuitPolicy handling;
  private final @Nullable CircuitPolicy publishing;
  private final LongSupplier nanos;
  private final Map<Subscribed, Circuit> circuits = new ConcurrentHashMap<>();
  private final @Nullable Circuit publishCircuit;

  private CircuitBreaker(
      @Nullable CircuitPolicy handling, @Nullable CircuitPolicy publishing, LongSupplier nanos) {
    this.handling = handling;
    this.publishing = publishing;
    this.nanos = nanos;
    publishCircuit = publishing == null ? null : new Circuit("publishing", publishing, nanos);
  }

  /**
   * Around handling and publishing, by the same policy.
   *
   * @param policy when to open
   * @return a breaker whose circuits are closed
   */
  public static CircuitBreaker with(CircuitPolicy policy) {
    requireNonNull(policy, "policy");
    return new CircuitBreaker(policy, policy, NanoClock.SYSTEM);
  }

  /**
   * Around handling alone.
   *
   * @param policy when to open
   * @return a breaker whose circuits are closed
   */
  public static CircuitBreaker handling(CircuitPolicy policy) {
    return new CircuitBreaker(requireNonNull(policy, "policy"), null, NanoClock.SYSTEM);
  }

  /**
   * Around publishing alone.
   *
   * @param policy when to open
   * @return a breaker whose circuit is closed
   */
  public static CircuitBreaker publishing(CircuitPolicy policy) {
    return new CircuitBreaker(null, requireNonNull(policy, "policy"), NanoClock.SYSTEM);
  }

  /**
   * Replaces the clock, for tests: what {@link dev.missive.Messaging.Builder#time} is given does
   * not reach this breaker.
   *
   * @param time the clock; default the system's
   * @return a new breaker with the same policies, all circuits closed
   */
  public CircuitBreaker time(Time time) {
    return new CircuitBreaker(handling, publishing, requireNonNull(time, "time")::nanos);
  }

  @Override
  public CompletionStage<Outcome> aroundHandle(ReceivedMessage message, HandleStep next)
      throws Exception {
    CircuitPolicy policy = handling;
    if (policy == null) {
      return next.proceed(message);
    }
    Subscribed subscribed = new Subscribed(message.topic(), message.group());
    Permit permit =
        circuits
            .computeIfAbsent(subscribed, key -> new Circuit(key.toString(), policy, nanos))
            .admit();
    Duration refusedFor = permit.refusedFor;
    if (refusedFor != null) {
      throw new PauseException(
          refusedFor,
          "the circuit of " + subscribed + " is open; it is tried again in " + refusedFor);
    }
    CompletionStage<Outcome> stage;
    try {
      stage = requireNonNull(next.proceed(message), "the step behind the circuit breaker");
    } catch (Throwable e) {
      permit.end(ofError(e, policy));
      throw e;
    }
    return Stages.after(
        stage,
        (outcome, error) ->
            permit.end(error == null ? ofOutcome(outcome) : ofError(error, policy)));
  }

  @Override
  public CompletionStage<Receipt> aroundPublish(Message message, PublishStep next) {
    Circuit circuit = publishCircuit;
    if (circuit == null) {
      return next.proceed(message);
    }
    Permit permit = circuit.admit();
    if (permit.refusedFor != null) {
      return CompletableFuture.failedFuture(
          new PublishException(
              ErrorCode.CIRCUIT_OPEN,
              PublishException.Outcome.NOT_STORED,
              "nothing is published to "
                  + message.topic()
                  + " because the broker failed too often; it is tried again in "
                  + permit.refusedFor
                  + ". Publish again later",
              null));
    }
    CompletionStage<Receipt> stage;
    try {
      stage = requireNonNull(next.proceed(message), "the step behind the circuit breaker");
    } catch (Throwable e) {
      permit.end(ofPublish(e));
      throw e;
    }
    return Stages.after(stage, (receipt, error) -> permit.end(ofPublish(error)));
  }

  private static Result ofOutcome(@Nullable Outcome outcome) {
    if (outcome instanceof Outcome.Ack) {
      return Result.SUCCESS;
    }
    return outcome instanceof Outcome.Drop || outcome instanceof Outcome.DeadLetter
        ? Result.NEITHER
        : Result.FAILURE;
  }

  private static Result ofError(Throwable error, CircuitPolicy policy) {
    boolean other =
        error instanceof PauseException
            || error instanceof NotRetryableException
            || error instanceof MessagingException ours && OF_THE_MESSAGE.contains(ours.code())
            || policy.notFailures().stream().anyMatch(type -> type.isInstance(error));
    return other ? Result.NEITHER : Result.FAILURE;
  }

  private static Result ofPublish(@Nullable Throwable error) {
    if (error == null) {
      return Result.SUCCESS;
    }
    return error instanceof MessagingException ours && OF_THE_BROKER.contains(ours.code())
        ? Result.FAILURE
        : Result.NEITHER;
  }
}
