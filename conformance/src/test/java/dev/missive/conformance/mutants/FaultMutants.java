package dev.missive.conformance.mutants;

import static dev.missive.conformance.mutants.Mutant.broker;
import static dev.missive.conformance.mutants.Mutant.runtime;
import static dev.missive.conformance.mutants.Tap.on;

import dev.missive.ConnectionState;
import dev.missive.ConsumerState;
import dev.missive.ErrorCode;
import dev.missive.Health;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.Producer;
import dev.missive.PublishException;
import dev.missive.Receipt;
import dev.missive.Topology;
import dev.missive.spi.Admin;
import dev.missive.spi.BrokerContext;
import dev.missive.spi.BrokerContext.Link;
import dev.missive.spi.Destination;
import dev.missive.spi.Sender;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;

/** What F01 to F07, H01, H02, G01 and U01 must catch. */
final class FaultMutants {
  private static final Class<Destination.Topic> TOPIC = Destination.Topic.class;

  private FaultMutants() {}

  static List<Mutant> all() {
    return List.of(
        broker("F01", "loses some of what it confirmed", () -> Sends.lost(TOPIC, Sends.every(50))),
        broker(
            "F02",
            "delivers nothing after a cut",
            () ->
                afterCut(
                    cut ->
                        Deliveries.of(
                            Deliveries.GROUPS,
                            (spec, delivery, next) -> {
                              if (!cut.get()) {
                                next.delivered(delivery, false);
                              }
                            }))),
        broker("F03", "does not notice that nobody answers", () -> silent(Link.RECONNECTING))
            .on(Setup.NETWORK),
        broker(
            "F04",
            "declares nothing again after a cut",
            () ->
                afterCut(
                    cut ->
                        on(
                            Admin.class,
                            "declare",
                            call ->
                                cut.get()
                                    ? CompletableFuture.completedFuture(null)
                                    : call.proceed()))),
        broker("F05", "confirms without a quorum", FaultMutants::confirming).on(Setup.CLUSTER),
        broker("F06", "says nothing of refused credentials", () -> silent(Link.AUTH_FAILED)),
        broker("F06", "asks for its credentials only once", FaultMutants::asking),
        broker("F06", "logs in three times as often as it asks", FaultMutants::hurrying),
        runtime("F07", "says NOT_STORED when a confirm is lost", FaultMutants::sure),
        runtime(
            "H01",
            "says CONNECTED when it has lost the connection",
            () ->
                LifecycleMutants.claiming(ConnectionState.RECONNECTING, ConnectionState.CONNECTED)),
        runtime(
            "H01",
            "keeps the reason of before when it has lost the connection",
            FaultMutants::keepingReasons),
        runtime("H01", "does not say why a consumer is paused", FaultMutants::silentPause),
        runtime("H02", "counts what is in flight as waiting", FaultMutants::deep),
        runtime("G01", "declares what it only plans", FaultMutants::planning),
        runtime("U01", "ignores that a message should be delayed", FaultMutants::ignoring)
            .on(Setup.NOTHING_CAN_BE_DONE),
        broker("Z35", "says nothing of its alarm", () -> silent(Link.BLOCKED)),
        runtime("Z36", "waits for a broker that hangs", FaultMutants::patient),
        broker("Z37", "gives up what it refuses once", FaultMutants::refusingForGood),
        runtime(
            "Z37",
            "forgets that order is strict",
            () ->
                on(
                    Producer.Builder.class,
                    "strictKeyOrder",
                    call -> call.wrapper().result(call.target(), call))));
  }

  private static Tap keepingReasons() {
    AtomicReference<String> before = new AtomicReference<>("");
    return on(
        Messaging.class,
        "health",
        call -> {
          Health health = (Health) call.proceed();
          Health.Connection now = health.connection();
          if (now.state() != ConnectionState.RECONNECTING) {
            before.set(now.reason());
            return health;
          }
          return new Health(
              new Health.Connection(
                  now.broker(), now.version(), now.state(), before.get(), now.since()),
              health.consumers(),
              health.warnings());
        });
  }

  private static Tap silentPause() {
    return on(
        Messaging.class,
        "health",
        call -> {
          Health health = (Health) call.proceed();
          return new Health(
              health.connection(),
              health.consumers().stream().map(FaultMutants::withoutReason).toList(),
              health.warnings());
        });
  }

  private static Health.Consumer withoutReason(Health.Consumer now) {
    return now.state() != ConsumerState.PAUSED
        ? now
        : new Health.Consumer(
            now.topics(), now.group(), now.state(), "so it is", now.since(), now.stack());
  }

  private static Tap patient() {
    return call ->
        call.method().getName().matches("stop|close") && call.has(Duration.class)
            ? call.with(Duration.class, Duration.ofMinutes(1)).proceed()
            : call.proceed();
  }

  private static Tap refusingForGood() {
    PublishException forGood =
        Sends.failure(ErrorCode.TOO_LARGE, PublishException.Outcome.NOT_STORED);
    return on(
        Sender.Result.class,
        "failed",
        call -> call.with(PublishException.class, forGood).proceed());
  }

  /** A defect that begins when the connection is lost. */
  private static Tap afterCut(Function<AtomicBoolean, Tap> defect) {
    AtomicBoolean cut = new AtomicBoolean();
    Tap watching =
        on(
            BrokerContext.class,
            "connection",
            call -> {
              if (call.args()[0] == Link.RECONNECTING) {
                cut.set(true);
              }
              return call.proceed();
            });
    return watching.and(defect.apply(cut));
  }

  private static Tap silent(Link state) {
    return on(
        BrokerContext.class, "connection", call -> call.args()[0] == state ? null : call.proceed());
  }

  private static Tap asking() {
    Map<Object, String> answers = new ConcurrentHashMap<>();
    return on(
        BrokerContext.class,
        "credential",
        call ->
            ((Optional<?>) call.proceed())
                .map(Supplier.class::cast)
                .map(
                    supplier ->
                        (Supplier<String>)
                            () ->
                                answers.computeIfAbsent(
                                    call.args()[0], key -> String.valueOf(supplier.get()))));
  }

  private static Tap hurrying() {
    return on(
            BrokerContext.class,
            "setting",
            call ->
                call.args()[0].equals("memory.auth-retry")
                    ? ((Duration) call.proceed()).dividedBy(3).plusMillis(1)
                    : call.proceed())
        .and(
            on(
                BrokerContext.class,
                "credential",
                call ->
                    ((Optional<?>) call.proceed())
                        .map(Supplier.class::cast)
                        .map(FaultMutants::askedEveryThirdTime)));
  }

  private static Supplier<String> askedEveryThirdTime(Supplier<?> supplier) {
    AtomicInteger times = new AtomicInteger();
    AtomicReference<String> last = new AtomicReference<>("");
    return () -> {
      if (times.getAndIncrement() % 3 == 0) {
        last.set(String.valueOf(supplier.get()));
      }
      return last.get();
    };
  }

  private static Tap confirming() {
    return on(
        Sender.Result.class,
        "failed",
        call -> {
          call.target(Sender.Result.class).stored(0, 0);
          return null;
        });
  }

  private static Tap sure() {
    return on(
        Producer.class,
        "publishAsync",
        call ->
            ((CompletionStage<?>) call.proceed())
                .exceptionally(
                    error -> {
                      Throwable cause =
                          error instanceof CompletionException ? error.getCause() : error;
                      throw new CompletionException(
                          new PublishException(
                              ((MessagingException) cause).code(),
                              PublishException.Outcome.NOT_STORED,
                              "the mutant says so",
                              cause));
                    }));
  }

  private static Tap deep() {
    return on(
        Topology.class,
        "depth",
        call -> {
          Topology.Depth depth = (Topology.Depth) call.proceed();
          return new Topology.Depth(
              depth.waiting() + depth.inFlight(),
              depth.inFlight(),
              depth.lag(),
              depth.at(),
              depth.warnings());
        });
  }

  static Tap planning() {
    return on(
        Topology.class,
        "plan",
        call -> {
          Object differences = call.proceed();
          call.target(Topology.class).apply(call.arg(Topology.Plan.class));
          return differences;
        });
  }

  private static Tap ignoring() {
    return on(
        Producer.class,
        "publish",
        call -> {
          try {
            return call.proceed();
          } catch (MessagingException e) {
            if (e.code() == ErrorCode.CAPABILITY_MISSING && e.getMessage().contains("DELAY")) {
              return new Receipt(call.arg(Message.class).id(), null);
            }
            throw e;
          }
        });
  }
}
