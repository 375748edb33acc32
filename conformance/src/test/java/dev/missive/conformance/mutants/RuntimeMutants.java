package dev.missive.conformance.mutants;

import static dev.missive.conformance.mutants.Mutant.broker;
import static dev.missive.conformance.mutants.Mutant.runtime;
import static dev.missive.conformance.mutants.Tap.on;

import dev.missive.BatchHandler;
import dev.missive.Consumer;
import dev.missive.DeadLetters;
import dev.missive.Handler;
import dev.missive.Header;
import dev.missive.NotRetryableException;
import dev.missive.Outcome;
import dev.missive.OutcomeHandler;
import dev.missive.Producer;
import dev.missive.Receipt;
import dev.missive.ReceivedMessage;
import dev.missive.TypedProducer;
import dev.missive.spi.Destination;
import dev.missive.testkit.Eventually;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;

/** What Z01 to Z15 must catch. */
final class RuntimeMutants {
  private static final Class<Destination.Topic> TOPIC = Destination.Topic.class;

  private RuntimeMutants() {}

  static List<Mutant> all() {
    return List.of(
        runtime("Z01", "takes null for a message", RuntimeMutants::takingNull),
        runtime("Z02", "encodes a payload later", RuntimeMutants::encodingLater),
        runtime(
            "Z03",
            "ignores retryAfter",
            () ->
                on(
                    OutcomeHandler.class,
                    "handle",
                    call ->
                        call.proceed() instanceof Outcome.RetryAfter
                            ? Outcome.retry()
                            : Outcome.ack())),
        runtime("Z04", "retries what no retry can help", RuntimeMutants::stubborn),
        broker(
            "Z05",
            "forgets how often a message may run",
            () -> Sends.changed(TOPIC, m -> Edit.header(m, Header.MAX_ATTEMPTS, null))),
        runtime("Z06", "takes an Error for a success", RuntimeMutants::ignoringErrors),
        runtime(
            "Z07",
            "redrives more than its limit",
            () -> redriving(options -> options.limit(Integer.MAX_VALUE))),
        runtime(
            "Z07", "redrives as fast as it can", () -> redriving(options -> options.perSecond(0))),
        broker(
            "Z08",
            "forgets how often a letter was redriven",
            () ->
                Sends.changed(
                    Destination.DeadLetters.class, m -> Edit.header(m, Header.DL_COUNT, "1"))),
        runtime(
            "Z09",
            "keeps the concurrency it began with",
            () -> on(Consumer.class, "concurrency", call -> null)),
        runtime("Z10", "begins a run before the one before has ended", RuntimeMutants::overlapping),
        runtime("Z11", "waits twice as long for a full batch", RuntimeMutants::lingering),
        runtime("Z12", "takes a failed batch for handled", RuntimeMutants::ackingFailedBatches),
        runtime("Z13", "dead-letters a batch for one element", RuntimeMutants::condemning),
        broker(
            "Z13",
            "takes an undecodable element for one that failed",
            () ->
                Sends.changed(
                    Destination.DeadLetters.class,
                    m -> Edit.header(m, Header.DL_REASON, "attempts-exhausted"))),
        runtime("Z14", "acknowledges what has no outcome", RuntimeMutants::padding),
        broker(
            "Z15",
            "takes a failure of the responder for a reply",
            () ->
                Sends.changed(
                    Destination.Reply.class, m -> Edit.header(m, Header.REMOTE_ERROR, null))));
  }

  private static Tap takingNull() {
    return on(
        Producer.class,
        "publish",
        call -> call.args()[0] == null ? new Receipt("none", null) : call.proceed());
  }

  /** When the caller has its array back. */
  private static Tap encodingLater() {
    return on(
        TypedProducer.class,
        "publishAsync",
        call -> {
          byte[] before = call.arg(byte[].class).clone();
          CompletableFuture<Receipt> result = new CompletableFuture<>();
          MutantThreads.waiting(
              () -> {
                Eventually.await("a change", () -> !Arrays.equals(before, call.arg(byte[].class)));
                call.beside();
              });
          return result;
        });
  }

  private static Tap stubborn() {
    return on(
        OutcomeHandler.class,
        "handle",
        call -> {
          try {
            return call.proceed();
          } catch (NotRetryableException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  private static Tap ignoringErrors() {
    return on(
        Handler.class,
        "handle",
        call -> {
          try {
            return call.proceed();
          } catch (Error e) {
            return null;
          }
        });
  }

  private static Tap redriving(UnaryOperator<DeadLetters.RedriveOptions> change) {
    Class<DeadLetters.RedriveOptions> options = DeadLetters.RedriveOptions.class;
    return on(
        DeadLetters.Cursor.class,
        "redrive",
        call ->
            call.has(options)
                ? call.with(options, change.apply(call.arg(options))).proceed()
                : call.proceed());
  }

  private static Tap overlapping() {
    Map<String, Call> first = new ConcurrentHashMap<>();
    return on(
        Handler.class,
        "handle",
        call -> {
          ReceivedMessage message = call.arg(ReceivedMessage.class);
          if (message.attempt() == 1) {
            first.put(message.id(), call);
            throw new IllegalStateException("not begun yet");
          }
          call.proceed();
          try {
            return first.get(message.id()).proceed();
          } catch (IllegalStateException e) {
            return null;
          }
        });
  }

  private static Tap lingering() {
    return on(
        Consumer.Builder.class,
        "batchHandler",
        call ->
            call.has(Duration.class)
                ? call.with(Duration.class, call.arg(Duration.class).multipliedBy(2)).proceed()
                : call.proceed());
  }

  /** Another list of outcomes for a batch. */
  private static Tap outcomes(Change change) {
    return on(
        BatchHandler.class, "handle", call -> change.of(call, ((List<?>) call.args()[0]).size()));
  }

  /** What a broken runtime makes of the outcomes of a batch. */
  @FunctionalInterface
  private interface Change {
    Object of(Call batch, int size) throws Throwable;
  }

  private static Tap ackingFailedBatches() {
    return outcomes(
        (batch, size) -> {
          try {
            return batch.proceed();
          } catch (IllegalStateException e) {
            return Collections.nCopies(size, Outcome.ack());
          }
        });
  }

  private static Tap condemning() {
    return outcomes(
        (batch, size) -> {
          Object given = batch.proceed();
          boolean any = ((List<?>) given).stream().anyMatch(Outcome.DeadLetter.class::isInstance);
          return any ? Collections.nCopies(size, Outcome.deadLetter("one of them")) : given;
        });
  }

  private static Tap padding() {
    return outcomes(
        (batch, size) -> {
          List<Object> given = new ArrayList<>((List<?>) batch.proceed());
          while (given.size() < size) {
            given.add(Outcome.ack());
          }
          return given;
        });
  }
}
