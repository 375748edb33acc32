package dev.missive.conformance.mutants;

import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.PublishException;
import dev.missive.spi.BrokerContext;
import dev.missive.spi.BrokerProvider;
import dev.missive.spi.Destination;
import dev.missive.spi.Sender;
import dev.missive.spi.Time;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/** Defects of what goes to the broker. */
final class Sends {
  private static final int HELD = 100;

  private Sends() {}

  /** Breaks what is sent to destinations of this kind. */
  static Tap to(Class<? extends Destination> kind, Tap broken) {
    return call ->
        call.is(Sender.class, "send") && call.has(kind) ? broken.on(call) : call.proceed();
  }

  /** Breaks what is sent to destinations of this kind, on the clock of the broker's client. */
  static Tap timed(Class<? extends Destination> kind, BiFunction<Call, Time, Object> broken) {
    AtomicReference<Time> time = new AtomicReference<>();
    Tap sends = to(kind, call -> broken.apply(call, time.get()));
    return call -> {
      if (call.is(BrokerProvider.class, "create")) {
        time.set(call.arg(BrokerContext.class).time());
      }
      return sends.on(call);
    };
  }

  /** Forgets which ids it has stored. */
  static Tap withoutDedup() {
    return call ->
        call.type() == BrokerContext.class
                && call.args().length > 0
                && call.args()[0].equals("memory.dedup-window")
            ? Duration.ZERO
            : call.proceed();
  }

  /** Sends what is for one group to its whole topic. */
  static Tap groupToTopic() {
    return to(
            Destination.Group.class,
            call ->
                call.with(
                        Destination.class,
                        new Destination.Topic(call.arg(Destination.Group.class).topic()))
                    .proceed())
        .and(withoutDedup());
  }

  /** Waits in the client, which may die meanwhile, instead of at the broker. */
  static Tap waitingInProcess(Class<? extends Destination> kind) {
    return timed(
        kind,
        (call, time) -> {
          Instant notBefore = call.has(Instant.class) ? call.arg(Instant.class) : time.now();
          stored(call);
          Sender.Result nobody = nobody();
          return time.schedule(
              Duration.between(time.now(), notBefore),
              call.with(Instant.class, null).with(Sender.Result.class, nobody)::beside);
        });
  }

  /** Says that it is stored, and stores it after a while, if it still lives then. */
  static Tap storedLater(Class<? extends Destination> kind, Duration after) {
    return timed(
        kind,
        (call, time) -> {
          stored(call);
          return time.schedule(after, call.with(Sender.Result.class, nobody())::beside);
        });
  }

  /** A result that nobody waits for. */
  static Sender.Result nobody() {
    return new Sender.Result() {
      @Override
      public void stored(int partition, long offset) {}

      @Override
      public void failed(PublishException failure) {}
    };
  }

  /** Stores another message. */
  static Tap changed(Class<? extends Destination> kind, UnaryOperator<Message> change) {
    return to(
        kind, call -> call.with(Message.class, change.apply(call.arg(Message.class))).proceed());
  }

  /** Says that it stored these messages, and does not. */
  static Tap lost(Class<? extends Destination> kind, Predicate<Message> which) {
    return to(
        kind,
        call -> {
          if (!which.test(call.arg(Message.class))) {
            return call.proceed();
          }
          stored(call);
          return null;
        });
  }

  /** Lets the hundredth message of all wait until so many others have passed it. */
  static Tap swapping(int others) {
    AtomicInteger number = new AtomicInteger();
    AtomicReference<Call> held = new AtomicReference<>();
    return to(
        Destination.Topic.class,
        call -> {
          int mine = number.incrementAndGet();
          if (mine == HELD) {
            held.set(call);
            return null;
          }
          Object answer = call.proceed();
          if (mine == HELD + others) {
            held.get().proceed();
          }
          return answer;
        });
  }

  /** Every so many messages. */
  static Predicate<Message> every(int count) {
    AtomicInteger number = new AtomicInteger();
    return message -> number.incrementAndGet() % count == 0;
  }

  /** Answers as if it were stored. */
  static void stored(Call send) {
    Sender.Result result = send.arg(Sender.Result.class);
    MutantThreads.run(() -> result.stored(0, 0));
  }

  static PublishException failure(ErrorCode code, PublishException.Outcome outcome) {
    return new PublishException(code, outcome, "the mutant says so", null);
  }
}
