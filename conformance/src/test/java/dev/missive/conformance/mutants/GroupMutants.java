package dev.missive.conformance.mutants;

import static dev.missive.conformance.mutants.Mutant.broker;
import static dev.missive.conformance.mutants.Mutant.runtime;
import static dev.missive.conformance.mutants.Tap.on;

import dev.missive.Consumer;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.Position;
import dev.missive.ReceivedMessage;
import dev.missive.Topology;
import dev.missive.spi.Admin;
import dev.missive.spi.Broker;
import dev.missive.spi.DeliveryListener;
import dev.missive.spi.Destination;
import dev.missive.spi.Seeker;
import dev.missive.spi.Sender;
import dev.missive.spi.Subscription;
import dev.missive.spi.Subscription.Kind;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/** What SG01 to SG13 must catch. */
final class GroupMutants {
  private static final Class<Destination.Topic> TOPIC = Destination.Topic.class;

  private GroupMutants() {}

  static List<Mutant> all() {
    return List.of(
        broker("SG01", "gives a message to one of its groups only", GroupMutants::oneGroupOnly),
        broker("SG02", "gives a message to every consumer of a group", GroupMutants::everyConsumer),
        broker("SG03", "stores a message in other topics as well", GroupMutants::everyTopic),
        runtime("SG04", "reports the first topic of a consumer", GroupMutants::firstTopic),
        broker("SG04", "has one window for all topics of a consumer", GroupMutants::oneWindow),
        broker("SG05", "keeps nothing for a group that nobody reads", GroupMutants::onlyWhileRead),
        broker("SG06", "starts every new group with what comes", GroupMutants::withoutStart),
        broker("SG07", "loses the first message after ready()", GroupMutants::firstLost),
        runtime(
            "SG07",
            "is ready while the broker is away",
            () -> on(Consumer.class, "ready", call -> CompletableFuture.completedFuture(null))),
        broker("SG08", "loses a message when a consumer leaves", GroupMutants::lostOnLeaving),
        broker("SG08", "delivers twice to whoever joins others", GroupMutants::twiceOnJoining),
        broker("SG09", "keeps dead members in a group", GroupMutants::deadMembers),
        runtime("SG10", "reports the pattern instead of the topic", GroupMutants::firstTopic),
        runtime(
            "SG11",
            "reports every run as the first",
            () -> on(ReceivedMessage.class, "attempt", call -> 1)),
        runtime("SG11", "gives all handlers the same array", GroupMutants::sharedArrays),
        runtime("SG11", "reports the position of the message behind", GroupMutants::nextPosition),
        broker("SG12", "moves a group one message too far", GroupMutants::tooFar),
        broker("SG12", "accepts positions that it does not know", GroupMutants::anyPosition),
        broker("SG12", "moves a group before it refuses a position", GroupMutants::movingFirst),
        broker(
            "SG13",
            "gives a broadcast to one of its subscribers",
            () -> {
              Set<String> seen = Deliveries.seen();
              return Deliveries.instead(
                  EnumSet.of(Kind.BROADCAST),
                  (spec, delivery) -> seen.add(delivery.message().id()) ? delivery : null);
            }));
  }

  private static Tap oneGroupOnly() {
    Map<String, String> taken = new ConcurrentHashMap<>();
    return Deliveries.instead(
        Deliveries.GROUPS,
        (spec, delivery) -> {
          String first = taken.computeIfAbsent(delivery.message().id(), id -> spec.group());
          return first.equals(spec.group()) ? delivery : null;
        });
  }

  private static Tap everyConsumer() {
    Map<String, List<DeliveryListener>> members = new ConcurrentHashMap<>();
    Tap joining =
        on(
            Broker.class,
            "subscribe",
            call -> {
              members
                  .computeIfAbsent(
                      String.valueOf(call.arg(Subscription.Spec.class).group()),
                      group -> new CopyOnWriteArrayList<>())
                  .add(call.arg(DeliveryListener.class));
              return call.proceed();
            });
    return joining.and(
        Deliveries.of(
            Deliveries.GROUPS,
            (spec, delivery, next) ->
                members
                    .get(spec.group())
                    .forEach(member -> member.delivered(Deliveries.again(delivery), false))));
  }

  private static Tap everyTopic() {
    Set<String> topics = ConcurrentHashMap.newKeySet();
    return call -> {
      if (call.is(Admin.class, "declare")) {
        call.arg(Topology.Plan.class).entries().forEach(entry -> topics.add(entry.topic()));
      }
      if (call.is(Sender.class, "send") && call.has(TOPIC)) {
        for (String topic : topics) {
          if (!topic.equals(call.arg(TOPIC).topic())) {
            call.with(Destination.class, new Destination.Topic(topic))
                .with(Sender.Result.class, Sends.nobody())
                .proceed();
          }
        }
      }
      return call.proceed();
    };
  }

  private static Tap firstTopic() {
    AtomicReference<String> first = new AtomicReference<>();
    return call -> {
      if (call.is(Messaging.class, "consumer")) {
        first.compareAndSet(null, ((String[]) call.args()[0])[0]);
      }
      return call.is(ReceivedMessage.class, "topic") ? first.get() : call.proceed();
    };
  }

  private static Tap oneWindow() {
    Map<String, AtomicInteger> delivered = new ConcurrentHashMap<>();
    return Deliveries.of(
        Deliveries.GROUPS,
        (spec, delivery, next) -> {
          boolean full =
              delivered.entrySet().stream()
                  .anyMatch(
                      other ->
                          !other.getKey().equals(spec.topic())
                              && other.getValue().get() >= spec.maxInFlight());
          if (!full) {
            delivered.computeIfAbsent(spec.topic(), topic -> new AtomicInteger()).incrementAndGet();
            next.delivered(delivery, false);
          }
        });
  }

  private static Tap nextPosition() {
    return on(
        ReceivedMessage.class,
        "position",
        call ->
            call.proceed() instanceof Position here
                ? new Position(here.partition(), here.offset() + 1)
                : null);
  }

  private static Tap onlyWhileRead() {
    AtomicInteger readers = new AtomicInteger();
    Tap counting =
        call -> {
          if (call.is(Broker.class, "subscribe")) {
            readers.incrementAndGet();
          } else if (call.is(Subscription.class, "close")) {
            readers.decrementAndGet();
          }
          return call.proceed();
        };
    return counting.and(Sends.lost(TOPIC, message -> readers.get() == 0));
  }

  private static Tap withoutStart() {
    return on(
        Admin.class,
        "declare",
        call -> {
          Topology.Plan plan = Topology.Plan.empty();
          for (Topology.Entry entry : call.arg(Topology.Plan.class).entries()) {
            plan =
                plan.with(new Topology.Entry(entry.topic(), entry.group(), entry.keyOrder(), null));
          }
          return call.with(Topology.Plan.class, plan).proceed();
        });
  }

  private static Tap firstLost() {
    Set<Subscription.Spec> begun = ConcurrentHashMap.newKeySet();
    return Deliveries.instead(
        Deliveries.GROUPS, (spec, delivery) -> begun.add(spec) ? null : delivery);
  }

  static Tap lostOnLeaving() {
    AtomicBoolean left = new AtomicBoolean();
    Tap leaving =
        call -> {
          if (call.is(Subscription.class, "close")) {
            left.set(true);
          }
          return call.proceed();
        };
    return leaving.and(Sends.lost(TOPIC, message -> left.getAndSet(false)));
  }

  /** Only whoever finds another one working is given his first message twice. */
  private static Tap twiceOnJoining() {
    AtomicInteger joined = new AtomicInteger();
    Set<Object> left = ConcurrentHashMap.newKeySet();
    Tap leaving =
        call -> {
          if (call.type() == Subscription.class && call.method().getName().matches("stop|close")) {
            left.add(call.target());
          }
          return call.proceed();
        };
    return leaving.and(
        on(
            Broker.class,
            "subscribe",
            call -> {
              AtomicBoolean twice = new AtomicBoolean(joined.getAndIncrement() > left.size());
              DeliveryListener greeting =
                  Deliveries.listener(
                      call.arg(Subscription.Spec.class),
                      call.arg(DeliveryListener.class),
                      (spec, delivery, next) -> {
                        if (twice.getAndSet(false)) {
                          next.delivered(Deliveries.again(delivery), true);
                        }
                        next.delivered(delivery, false);
                      });
              return call.with(DeliveryListener.class, greeting).proceed();
            }));
  }

  /** Who has left still gets deliveries, and nobody settles them. */
  private static Tap deadMembers() {
    Set<Subscription> dead = ConcurrentHashMap.newKeySet();
    Tap leaving =
        call -> {
          if (call.type() == Subscription.class && call.method().getName().matches("stop|close")) {
            dead.add(call.target(Subscription.class));
            return CompletableFuture.completedFuture(null);
          }
          return call.proceed();
        };
    return leaving.and(
        on(
            Broker.class,
            "subscribe",
            call -> {
              AtomicReference<Subscription> member = new AtomicReference<>();
              DeliveryListener next = call.arg(DeliveryListener.class);
              Deliveries.Change change =
                  (spec, delivery, listener) -> {
                    if (member.get() == null || !dead.contains(member.get())) {
                      listener.delivered(delivery, false);
                    }
                  };
              member.set(
                  call.target(Broker.class)
                      .subscribe(
                          call.arg(Subscription.Spec.class),
                          Deliveries.listener(call.arg(Subscription.Spec.class), next, change)));
              return call.wrapper().wrap(Subscription.class, member.get());
            }));
  }

  private static Tap sharedArrays() {
    Map<String, byte[]> arrays = new ConcurrentHashMap<>();
    return on(
        ReceivedMessage.class,
        "payload",
        call -> {
          byte[] fresh = (byte[]) call.proceed();
          return arrays.computeIfAbsent(call.target(ReceivedMessage.class).id(), id -> fresh);
        });
  }

  private static Tap tooFar() {
    return on(
        Seeker.class,
        "seek",
        call -> {
          Position wanted = call.arg(Position.class);
          Position next = new Position(wanted.partition(), wanted.offset() + 1);
          return call.with(Position.class, next).proceed();
        });
  }

  private static Tap anyPosition() {
    return on(
        Seeker.class,
        "seek",
        call ->
            ((CompletionStage<?>) call.proceed())
                .handle(
                    (done, error) -> {
                      if (error instanceof MessagingException known
                          && known.getMessage().contains("running")) {
                        throw known;
                      }
                      return null;
                    }));
  }

  /** To the last position that it knows, where the wanted one is unknown. */
  private static Tap movingFirst() {
    AtomicReference<Position> last = new AtomicReference<>();
    Tap storing =
        on(
            Sender.Result.class,
            "stored",
            call -> {
              last.set(new Position((int) call.args()[0], (long) call.args()[1]));
              return call.proceed();
            });
    return storing.and(
        on(
            Seeker.class,
            "seek",
            call -> {
              Call known = call.with(Position.class, last.get());
              CompletionStage<?> wanted = (CompletionStage<?>) call.proceed();
              return wanted
                  .handle((done, error) -> error)
                  .thenCompose(error -> moved(known, error));
            }));
  }

  private static CompletionStage<Void> moved(Call seek, Throwable refusal) {
    if (refusal == null) {
      return CompletableFuture.completedFuture(null);
    }
    return seek.target(Seeker.class)
        .seek((String) seek.args()[0], (String) seek.args()[1], seek.arg(Position.class))
        .handle((done, error) -> null)
        .thenCompose(done -> CompletableFuture.failedFuture(refusal));
  }
}
