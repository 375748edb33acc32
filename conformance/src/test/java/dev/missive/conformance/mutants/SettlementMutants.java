package dev.missive.conformance.mutants;

import static dev.missive.conformance.mutants.Mutant.broker;
import static dev.missive.conformance.mutants.Mutant.runtime;
import static dev.missive.conformance.mutants.Tap.on;

import dev.missive.AsyncHandler;
import dev.missive.Handler;
import dev.missive.Outcome;
import dev.missive.OutcomeHandler;
import dev.missive.ReceivedMessage;
import dev.missive.spi.Broker;
import dev.missive.spi.Delivery;
import dev.missive.spi.Delivery.Settled;
import dev.missive.spi.Destination;
import dev.missive.spi.Subscription;
import dev.missive.spi.Subscription.Kind;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** What A01 to A13 must catch. */
final class SettlementMutants {
  private SettlementMutants() {}

  static List<Mutant> all() {
    return List.of(
        broker("A01", "forgets acknowledgements", () -> Deliveries.unheard("ack")),
        runtime(
            "A02", "acknowledges before an asynchronous handler is done", SettlementMutants::early),
        runtime("A03", "takes a failed run for a success", SettlementMutants::swallowing),
        broker(
            "A04",
            "acknowledges before the handler",
            () -> Deliveries.ackedAtOnce(Deliveries.GROUPS)),
        broker(
            "A05",
            "settles a delivery a second time",
            () -> on(Delivery.class, "ack", call -> answered(call, Settled.ALREADY))),
        broker("A04", "gives to others much later what a dead client had", SettlementMutants::slow),
        broker("A06", "delivers twice what a dead client had", SettlementMutants::twiceAfterDeath),
        runtime("A07", "forgets asynchronous handlers that end elsewhere", SettlementMutants::deaf),
        broker(
            "A08",
            "takes acknowledgements of a lost epoch",
            () -> on(Delivery.class, "ack", call -> answered(call, Settled.STALE))),
        broker(
            "A09",
            "takes no acknowledgements between stop and close",
            () -> on(Subscription.class, "stop", call -> call.target(Subscription.class).close())),
        broker("A10", "forgets what a closed consumer held", SettlementMutants::ackedOnClose),
        runtime("A11", "dead-letters what is dropped", SettlementMutants::notDropped),
        broker(
            "A13",
            "forgets the headers of a message that failed",
            () ->
                Sends.changed(Destination.Group.class, message -> Edit.header(message, "h", null))),
        runtime(
            "A13", "gives all runs the same headers to change", SettlementMutants::sharedHeaders));
  }

  /** DONE instead of something else. */
  private static Settled answered(Call call, Settled instead) throws Throwable {
    Settled answer = (Settled) call.proceed();
    return answer == instead ? Settled.DONE : answer;
  }

  static Tap early() {
    return on(
        AsyncHandler.class,
        "handle",
        call -> {
          call.proceed();
          return CompletableFuture.completedFuture(Outcome.ack());
        });
  }

  private static Tap deaf() {
    AtomicInteger number = new AtomicInteger();
    return on(
        AsyncHandler.class,
        "handle",
        call -> {
          CompletionStage<?> stage = (CompletionStage<?>) call.proceed();
          return number.incrementAndGet() % 10 == 0 ? new CompletableFuture<>() : stage;
        });
  }

  private static Tap swallowing() {
    return on(
        Handler.class,
        "handle",
        call -> {
          try {
            return call.proceed();
          } catch (RuntimeException e) {
            return null;
          }
        });
  }

  private static Tap twiceAfterDeath() {
    Set<String> seen = Deliveries.seen();
    return Deliveries.of(
        EnumSet.of(Kind.GROUP),
        (spec, delivery, next) -> {
          if (!seen.add(delivery.message().id())) {
            next.delivered(Deliveries.again(delivery), true);
          }
          next.delivered(delivery, false);
        });
  }

  private static Tap slow() {
    Set<String> seen = Deliveries.seen();
    return Deliveries.timed(
        EnumSet.of(Kind.GROUP),
        (time, delivery, next) ->
            time.schedule(
                seen.add(delivery.message().id()) ? Duration.ZERO : Duration.ofSeconds(5),
                () -> next.delivered(delivery, false)));
  }

  private static Tap sharedHeaders() {
    Map<String, Map<Object, Object>> all = new ConcurrentHashMap<>();
    return on(
        ReceivedMessage.class,
        "headers",
        call -> {
          Map<?, ?> fresh = (Map<?, ?>) call.proceed();
          return all.computeIfAbsent(
              call.target(ReceivedMessage.class).id(), id -> new ConcurrentHashMap<>(fresh));
        });
  }

  /** Also what makes a lost consumer lose its messages. */
  static Tap ackedOnClose() {
    List<Delivery> delivered = new CopyOnWriteArrayList<>();
    Tap closing =
        call -> {
          if (call.is(Subscription.class, "close") || call.is(Broker.class, "close")) {
            delivered.forEach(Delivery::ack);
          }
          return call.is(Delivery.class, "release") ? Settled.DONE : call.proceed();
        };
    return closing.and(
        Deliveries.instead(
            Deliveries.GROUPS,
            (spec, delivery) -> {
              delivered.add(delivery);
              return delivery;
            }));
  }

  private static Tap notDropped() {
    return on(
        OutcomeHandler.class,
        "handle",
        call -> call.proceed() == Outcome.drop() ? Outcome.deadLetter("dropped") : Outcome.ack());
  }
}
