package dev.missive.conformance.mutants;

import static dev.missive.conformance.mutants.Mutant.broker;
import static dev.missive.conformance.mutants.Mutant.runtime;
import static dev.missive.conformance.mutants.Tap.on;

import dev.missive.AsyncHandler;
import dev.missive.BatchHandler;
import dev.missive.Consumer;
import dev.missive.Header;
import dev.missive.Message;
import dev.missive.Ordering;
import dev.missive.Outcome;
import dev.missive.Requester;
import dev.missive.spi.Broker;
import dev.missive.spi.Delivery;
import dev.missive.spi.Destination;
import dev.missive.spi.Subscription;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;

/** What T01 to T05, O01 to O06, B01 to B03 and Q01 to Q05 must catch. */
final class FlowMutants {
  private static final Class<Destination.Topic> TOPIC = Destination.Topic.class;
  private static final Class<Destination.Reply> REPLY = Destination.Reply.class;
  private static final int KEYS = 8;
  private static final int CROWD = 20;

  private FlowMutants() {}

  static List<Mutant> all() {
    return List.of(
        broker("T01", "delivers delayed messages at once", () -> RetryMutants.atOnce(TOPIC)),
        broker("T02", "lets a long delay block shorter ones", FlowMutants::blockingDelays),
        broker("T03", "forgets delays with its client", () -> Sends.waitingInProcess(TOPIC)),
        broker(
            "T04",
            "delivers what has expired",
            () -> Sends.changed(TOPIC, m -> Edit.header(m, Header.EXPIRES_AT, null))),
        broker(
            "T05",
            "ignores priorities",
            () -> Sends.changed(TOPIC, m -> Edit.part(m, "priority", null))),
        broker("O01", "swaps two messages of a key", () -> Sends.swapping(KEYS)),
        runtime("O01", "runs one handler at a time", () -> configured("concurrency", 1)),
        runtime(
            "O01",
            "goes on with a key while an asynchronous handler is not done",
            SettlementMutants::early),
        runtime(
            "O01",
            "goes on with a key and stores no copy of what failed",
            FlowMutants::withoutCopy),
        broker("O02", "delivers more than maxInFlight", FlowMutants::crowding),
        runtime(
            "O04",
            "goes on with a key while its retry waits",
            () -> configured("ordering", Ordering.NONE)),
        broker("O05", "delivers again while the handler runs", FlowMutants::impatient),
        runtime(
            "O06",
            "lets handlers run for ever",
            () -> configured("maxHandlingTime", Duration.ofDays(1))),
        runtime("B01", "makes batches larger than wanted", FlowMutants::largeBatches),
        runtime("B02", "hands over batches in reverse", FlowMutants::reversed),
        runtime("B03", "retries a whole batch for one element", FlowMutants::allOrNothing),
        broker(
            "Q01",
            "forgets the headers of replies",
            () -> Sends.changed(REPLY, m -> Edit.header(m, "h", null))),
        runtime("Q02", "gives up requests before their time", FlowMutants::hasty),
        broker("Q03", "gives a reply to the request asked first", FlowMutants::firstAsked),
        broker("Q04", "gives a late reply to the next request", FlowMutants::lateReplies),
        broker("Q05", "swaps the replies of two requests", FlowMutants::swappedReplies));
  }

  private static Tap blockingDelays() {
    AtomicReference<Instant> latest = new AtomicReference<>(Instant.MIN);
    return Sends.to(
        TOPIC,
        call -> {
          if (!call.has(Instant.class)) {
            return call.proceed();
          }
          Instant mine = call.arg(Instant.class);
          return call.with(
                  Instant.class, latest.accumulateAndGet(mine, (a, b) -> a.isAfter(b) ? a : b))
              .proceed();
        });
  }

  /** Sets another value than the application asked for. */
  static Tap configured(String method, Object value) {
    return on(
        Consumer.Builder.class,
        method,
        call -> {
          call.args()[0] = value;
          return call.proceed();
        });
  }

  private static Tap withoutCopy() {
    return on(
        AsyncHandler.class,
        "handle",
        call -> ((CompletionStage<?>) call.proceed()).thenApply(outcome -> Outcome.ack()));
  }

  /** Takes many from the broker and hands them over together. */
  private static Tap crowding() {
    List<Delivery> waiting = new ArrayList<>();
    Tap wide =
        on(
            Broker.class,
            "subscribe",
            call -> {
              Subscription.Spec spec = call.arg(Subscription.Spec.class);
              return call.with(
                      Subscription.Spec.class,
                      new Subscription.Spec(
                          spec.kind(),
                          spec.topic(),
                          spec.group(),
                          CROWD,
                          spec.keyOrder(),
                          spec.from()))
                  .proceed();
            });
    return wide.and(
        Deliveries.of(
            Deliveries.GROUPS,
            (spec, delivery, next) -> {
              waiting.add(delivery);
              if (waiting.size() == CROWD) {
                waiting.forEach(each -> next.delivered(each, each != delivery));
                waiting.clear();
              }
            }));
  }

  private static Tap impatient() {
    return Deliveries.timed(
        Deliveries.GROUPS,
        (time, delivery, next) -> {
          next.delivered(delivery, false);
          time.schedule(
              Duration.ofSeconds(1), () -> next.delivered(Deliveries.again(delivery), false));
        });
  }

  private static Tap largeBatches() {
    return on(
        Consumer.Builder.class,
        "batchHandler",
        call -> {
          if (call.args()[0] instanceof Integer size) {
            call.args()[0] = size * 2;
          }
          return call.proceed();
        });
  }

  private static List<Object> list(Object given) {
    return new ArrayList<>((List<?>) given);
  }

  private static Tap reversed() {
    return on(
        BatchHandler.class,
        "handle",
        call -> {
          List<Object> batch = list(call.args()[0]);
          Collections.reverse(batch);
          call.args()[0] = batch;
          return call.proceed();
        });
  }

  private static Tap allOrNothing() {
    return on(
        BatchHandler.class,
        "handle",
        call -> {
          List<Object> outcomes = list(call.proceed());
          return outcomes.contains(Outcome.retry())
              ? Collections.nCopies(outcomes.size(), Outcome.retry())
              : outcomes;
        });
  }

  private static Tap hasty() {
    return on(
        Requester.class,
        "request",
        call -> call.with(Duration.class, call.arg(Duration.class).dividedBy(4)).proceed());
  }

  private static Tap firstAsked() {
    AtomicReference<String> first = new AtomicReference<>();
    Tap asking =
        Sends.to(
            TOPIC,
            call -> {
              first.compareAndSet(null, call.arg(Message.class).correlationId());
              return call.proceed();
            });
    return asking.and(
        Sends.changed(REPLY, reply -> Edit.part(reply, "correlationId", first.get())));
  }

  /** The first reply waits for the second, and then goes where that one goes. */
  private static Tap lateReplies() {
    AtomicReference<Call> late = new AtomicReference<>();
    return Sends.to(
        REPLY,
        call -> {
          if (late.compareAndSet(null, call)) {
            Sends.stored(call);
            return null;
          }
          return late.get()
              .with(
                  Message.class, correlated(late.get().arg(Message.class), call.arg(Message.class)))
              .proceed();
        });
  }

  private static Message correlated(Message reply, Message with) {
    return Edit.part(reply, "correlationId", with.correlationId());
  }

  private static Tap swappedReplies() {
    AtomicReference<Call> held = new AtomicReference<>();
    return Sends.to(
        REPLY,
        call -> {
          if (held.compareAndSet(null, call)) {
            return null;
          }
          Call other = held.getAndSet(null);
          Message mine = call.arg(Message.class);
          Message its = other.arg(Message.class);
          other.with(Message.class, Edit.payload(its, mine.payload())).proceed();
          return call.with(Message.class, Edit.payload(mine, its.payload())).proceed();
        });
  }
}
