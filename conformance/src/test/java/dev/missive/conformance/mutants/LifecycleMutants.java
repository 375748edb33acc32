package dev.missive.conformance.mutants;

import static dev.missive.conformance.mutants.Mutant.broker;
import static dev.missive.conformance.mutants.Mutant.runtime;
import static dev.missive.conformance.mutants.Tap.on;

import dev.missive.ConnectionState;
import dev.missive.Consumer;
import dev.missive.ConsumerState;
import dev.missive.Counters;
import dev.missive.Handler;
import dev.missive.Health;
import dev.missive.Messaging;
import dev.missive.spi.Broker;
import dev.missive.spi.Subscription;
import dev.missive.testkit.Eventually;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;

/** What C01 to C11 must catch. */
final class LifecycleMutants {
  private LifecycleMutants() {}

  static List<Mutant> all() {
    return List.of(
        runtime("C01", "connects when it is opened", LifecycleMutants::eager),
        runtime(
            "C02",
            "says CONNECTED while the broker is down",
            () -> claiming(ConnectionState.CONNECTING, ConnectionState.CONNECTED)),
        runtime("C03", "goes on while it is paused", LifecycleMutants::restless),
        runtime("C03", "goes on with what it holds", LifecycleMutants::emptying),
        runtime("C03", "takes a run for failed when it is paused", LifecycleMutants::interrupting),
        runtime("C04", "resumes when it is paused twice", LifecycleMutants::flipping),
        runtime(
            "C05",
            "lets no running handler finish",
            () ->
                on(
                    Consumer.class,
                    "stop",
                    call -> call.with(Duration.class, Duration.ZERO).proceed())),
        runtime(
            "C05",
            "takes five times as long to stop as it may",
            () ->
                on(
                    Consumer.class,
                    "stop",
                    call ->
                        call.with(Duration.class, call.arg(Duration.class).multipliedBy(5))
                            .proceed())),
        broker("C06", "loses on stop", Deliveries::losingReleases),
        broker("C07", "keeps for a stopped consumer what it held", LifecycleMutants::clinging),
        runtime(
            "C08",
            "says STOPPED of a consumer that was never started",
            () ->
                on(
                    Consumer.class,
                    "state",
                    call ->
                        call.proceed() == ConsumerState.NEW
                            ? ConsumerState.STOPPED
                            : call.proceed())),
        runtime("C09", "starts a consumer only once", LifecycleMutants::startingOnce),
        runtime("C10", "counts an acknowledgement twice", LifecycleMutants::miscounting),
        broker("C10", "loses a message when a consumer leaves", GroupMutants::lostOnLeaving),
        broker(
            "C11",
            "leaves its connection open",
            () -> on(Broker.class, "close", call -> CompletableFuture.completedFuture(null))));
  }

  private static Tap eager() {
    return on(
        Messaging.Builder.class,
        "open",
        call -> {
          Messaging opened = (Messaging) call.proceed();
          opened.start();
          return opened;
        });
  }

  /** Says that a connection is in another state than it is. */
  static Tap claiming(ConnectionState instead, ConnectionState claimed) {
    return on(
        Messaging.class,
        "health",
        call -> {
          Health health = (Health) call.proceed();
          Health.Connection now = health.connection();
          return now.state() != instead
              ? health
              : new Health(
                  new Health.Connection(
                      now.broker(), now.version(), claimed, now.reason(), now.since()),
                  health.consumers(),
                  health.warnings());
        });
  }

  /** Says PAUSED, and does something else. */
  private static Tap pausing(UnaryOperator<Call> instead) {
    Set<Object> paused = ConcurrentHashMap.newKeySet();
    return call -> {
      if (call.is(Consumer.class, "pause")) {
        paused.add(call.target());
        instead.apply(call);
        return null;
      }
      if (call.is(Consumer.class, "resume")) {
        paused.remove(call.target());
      }
      return call.is(Consumer.class, "state") && paused.contains(call.target())
          ? ConsumerState.PAUSED
          : call.proceed();
    };
  }

  private static Tap restless() {
    return pausing(call -> call);
  }

  /** Pauses only when nothing is left to run. */
  private static Tap emptying() {
    AtomicReference<Messaging> messaging = new AtomicReference<>();
    Tap pausing =
        pausing(
            call -> {
              MutantThreads.waiting(
                  () -> {
                    Eventually.await("nothing is held", () -> held(messaging.get()) == 0);
                    call.beside();
                  });
              return call;
            });
    return call -> {
      if (call.target() instanceof Messaging opened) {
        messaging.set(opened);
      }
      return pausing.on(call);
    };
  }

  private static long held(Messaging messaging) {
    return messaging.counters().subscriptions().stream()
        .mapToLong(Counters.Subscription::held)
        .sum();
  }

  private static Tap interrupting() {
    AtomicBoolean paused = new AtomicBoolean();
    return call -> {
      if (call.is(Consumer.class, "pause")) {
        paused.set(true);
      }
      Object answer = call.proceed();
      if (call.is(Handler.class, "handle") && paused.get()) {
        throw new IllegalStateException("paused");
      }
      return answer;
    };
  }

  private static Tap flipping() {
    Set<Object> paused = ConcurrentHashMap.newKeySet();
    return call -> {
      if (call.is(Consumer.class, "pause") && !paused.add(call.target())) {
        call.target(Consumer.class).resume();
        return null;
      }
      return call.is(Consumer.class, "state") && paused.contains(call.target())
          ? ConsumerState.PAUSED
          : call.proceed();
    };
  }

  private static Tap clinging() {
    return Deliveries.unheard("release")
        .and(
            call ->
                call.type() == Subscription.class && call.method().getName().equals("close")
                    ? call.target(Subscription.class).stop()
                    : call.proceed());
  }

  private static Tap startingOnce() {
    Set<Object> started = ConcurrentHashMap.newKeySet();
    return on(Consumer.class, "start", call -> started.add(call.target()) ? call.proceed() : null);
  }

  static Tap miscounting() {
    return counting(LifecycleMutants::oneMore);
  }

  static Tap counting(UnaryOperator<Counters.Subscription> wrong) {
    return on(
        Messaging.class,
        "counters",
        call -> {
          Counters counters = (Counters) call.proceed();
          return new Counters(
              counters.publishing(), counters.subscriptions().stream().map(wrong).toList());
        });
  }

  private static Counters.Subscription oneMore(Counters.Subscription s) {
    return counted(s, s.acked() + 1, s.failedRuns());
  }

  static Counters.Subscription noneFailed(Counters.Subscription s) {
    return counted(s, s.acked(), 0);
  }

  private static Counters.Subscription counted(Counters.Subscription s, long acked, long failed) {
    return new Counters.Subscription(
        s.topic(),
        s.group(),
        s.received(),
        acked,
        s.retried(),
        s.deadLettered(),
        s.dropped(),
        s.returned(),
        s.abandoned(),
        s.held(),
        s.heldBytes(),
        s.parked(),
        s.running(),
        s.runs(),
        failed,
        s.expired());
  }
}
