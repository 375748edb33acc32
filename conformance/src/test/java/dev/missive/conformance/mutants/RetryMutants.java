package dev.missive.conformance.mutants;

import static dev.missive.conformance.mutants.Mutant.broker;
import static dev.missive.conformance.mutants.Mutant.runtime;
import static dev.missive.conformance.mutants.Tap.on;

import dev.missive.Consumer;
import dev.missive.ConsumerState;
import dev.missive.Header;
import dev.missive.Message;
import dev.missive.RetryPolicy;
import dev.missive.spi.Broker;
import dev.missive.spi.BrokerContext;
import dev.missive.spi.BrokerContext.Link;
import dev.missive.spi.Delivery;
import dev.missive.spi.Destination;
import dev.missive.spi.Sender;
import dev.missive.spi.Subscription.Kind;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;

/** What R01 to R08 and L01 to L07 must catch. */
final class RetryMutants {
  private static final Class<Destination.Group> GROUP = Destination.Group.class;
  private static final Class<Destination.DeadLetters> LETTERS = Destination.DeadLetters.class;

  private RetryMutants() {}

  static List<Mutant> all() {
    return List.of(
        broker("R01", "counts deliveries as attempts", RetryMutants::countingDeliveries),
        broker(
            "R01",
            "counts a failed run twice in the copy that a dead client has stored",
            () -> Sends.changed(GROUP, RetryMutants::one)),
        broker(
            "R02", "counts every failed run twice", () -> Sends.changed(GROUP, RetryMutants::one)),
        runtime(
            "R03",
            "runs a message once more than maxAttempts",
            () -> retrying(policy -> policy.maxAttempts(policy.maxAttempts() + 1))),
        broker("R04", "hands out a retry at once", () -> atOnce(GROUP)),
        broker("R05", "never answers a retry copy", () -> Sends.to(GROUP, call -> null)),
        broker("R06", "gives a retry to every group", Sends::groupToTopic),
        broker("R06", "stores a retry copy twice", RetryMutants::copyingTwice),
        broker("R07", "forgets waits with its client", () -> Sends.waitingInProcess(GROUP)),
        broker(
            "R07",
            "lets another of its key pass what a dead client held",
            RetryMutants::passingWhatComesBack),
        broker("R08", "loses copies after a cut", RetryMutants::lostAfterCut),
        broker(
            "L01", "confirms dead letters and writes none", () -> Sends.lost(LETTERS, m -> true)),
        broker(
            "L01", "does not acknowledge what it dead-lettered", () -> Deliveries.unheard("ack")),
        broker(
            "L01",
            "acknowledges before the dead letter is stored",
            () -> Deliveries.ackedAtOnce(Deliveries.GROUPS)),
        broker(
            "L01",
            "confirms dead letters before it stores them",
            () -> Sends.storedLater(LETTERS, Duration.ofSeconds(1))),
        broker("L01", "stores a dead letter again when its client dies", RetryMutants::again),
        broker(
            "L02",
            "forgets the error of a dead letter",
            () -> Sends.changed(LETTERS, letter -> Edit.header(letter, Header.DL_ERROR, null))),
        broker(
            "L02",
            "takes the time of a dead letter for that of its message",
            () ->
                Sends.changed(
                    LETTERS,
                    letter ->
                        Edit.header(
                            letter, Header.DL_TIMESTAMP, letter.headers().get(Header.DL_AT)))),
        broker(
            "L03",
            "takes an undecodable message for one that failed",
            () ->
                Sends.changed(
                    LETTERS,
                    letter -> Edit.header(letter, Header.DL_REASON, "attempts-exhausted"))),
        runtime(
            "L04",
            "says RUNNING while dead letters cannot be written",
            () ->
                on(
                    Consumer.class,
                    "state",
                    call ->
                        call.proceed() == ConsumerState.STALLED
                            ? ConsumerState.RUNNING
                            : call.proceed())),
        broker("L05", "redrives to the wrong groups", Sends::groupToTopic),
        broker(
            "L06",
            "forgets letters that a dead cursor held",
            () -> Deliveries.ackedAtOnce(EnumSet.of(Kind.DEAD_LETTERS))),
        broker(
            "L06",
            "forgets which letters were redriven",
            () -> Deliveries.unheardAcks(EnumSet.of(Kind.DEAD_LETTERS))),
        broker("L07", "discards what was only looked at", Deliveries::losingReleases));
  }

  private static Tap countingDeliveries() {
    Set<String> seen = Deliveries.seen();
    return Deliveries.instead(
        Deliveries.GROUPS,
        (spec, delivery) -> {
          Message message = delivery.message();
          return seen.add(message.id())
              ? delivery
              : Deliveries.showing(delivery, Edit.header(message, Header.ATTEMPT, "2"));
        });
  }

  /** The first message that is delivered again waits until another one has passed it. */
  private static Tap passingWhatComesBack() {
    Set<String> seen = Deliveries.seen();
    AtomicReference<Delivery> first = new AtomicReference<>();
    AtomicBoolean passed = new AtomicBoolean();
    return Deliveries.of(
        Deliveries.GROUPS,
        (spec, delivery, next) -> {
          boolean again = !seen.add(delivery.message().id());
          if (again && first.compareAndSet(null, delivery)) {
            return;
          }
          next.delivered(delivery, false);
          if (first.get() != null && passed.compareAndSet(false, true)) {
            next.delivered(first.get(), false);
          }
        });
  }

  private static Message one(Message copy) {
    int attempt = Integer.parseInt(copy.headers().getOrDefault(Header.ATTEMPT, "1"));
    return Edit.header(copy, Header.ATTEMPT, "" + (attempt + 1));
  }

  /** Each letter that a connection has sent is stored once more when the connection ends. */
  private static Tap again() {
    Queue<Call> letters = new ConcurrentLinkedQueue<>();
    Tap remembering =
        Sends.to(
            LETTERS,
            call -> {
              letters.add(call.with(Sender.Result.class, Sends.nobody()));
              return call.proceed();
            });
    return remembering.and(
        on(
            Broker.class,
            "close",
            call -> {
              for (Call letter : letters) {
                letter.proceed();
              }
              return call.proceed();
            }));
  }

  private static Tap copyingTwice() {
    return Sends.to(
            GROUP,
            call -> {
              call.with(Sender.Result.class, Sends.nobody()).proceed();
              return call.proceed();
            })
        .and(Sends.withoutDedup());
  }

  private static Tap retrying(UnaryOperator<RetryPolicy> change) {
    return on(
        Consumer.Builder.class,
        "retry",
        call -> call.with(RetryPolicy.class, change.apply(call.arg(RetryPolicy.class))).proceed());
  }

  static Tap atOnce(Class<? extends Destination> kind) {
    return Sends.to(kind, call -> call.with(Instant.class, null).proceed());
  }

  private static Tap lostAfterCut() {
    AtomicBoolean cut = new AtomicBoolean();
    Tap watching =
        call -> {
          if (call.is(BrokerContext.class, "connection") && call.args()[0] == Link.RECONNECTING) {
            cut.set(true);
          }
          return call.proceed();
        };
    return watching.and(Sends.lost(GROUP, message -> cut.get()));
  }
}
