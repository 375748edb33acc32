package dev.missive.conformance.mutants;

import static dev.missive.conformance.mutants.Tap.on;

import dev.missive.Message;
import dev.missive.MessagingException;
import dev.missive.spi.Broker;
import dev.missive.spi.BrokerContext;
import dev.missive.spi.BrokerProvider;
import dev.missive.spi.Delivery;
import dev.missive.spi.Delivery.Settled;
import dev.missive.spi.DeliveryListener;
import dev.missive.spi.Subscription;
import dev.missive.spi.Subscription.Kind;
import dev.missive.spi.Time;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiFunction;

/** Defects of what comes from the broker. */
final class Deliveries {
  static final Set<Kind> GROUPS = EnumSet.of(Kind.GROUP, Kind.PATTERN);

  private Deliveries() {}

  /**
   * What a broken broker does with a delivery. It passes on that no more follow at once: what it
   * swallows must not be waited for.
   */
  @FunctionalInterface
  interface Change {
    void on(Subscription.Spec spec, Delivery delivery, DeliveryListener next);
  }

  /** Breaks what subscriptions of these kinds get. */
  static Tap of(Set<Kind> kinds, Change change) {
    return on(
        Broker.class,
        "subscribe",
        call -> {
          Subscription.Spec spec = call.arg(Subscription.Spec.class);
          DeliveryListener next = call.arg(DeliveryListener.class);
          return kinds.contains(spec.kind())
              ? call.with(DeliveryListener.class, new Listener(spec, next, change)).proceed()
              : call.proceed();
        });
  }

  /** A listener that breaks what it passes on. */
  static DeliveryListener listener(Subscription.Spec spec, DeliveryListener next, Change change) {
    return new Listener(spec, next, change);
  }

  /** Delivers something else, or nothing if that is null: the message is lost. */
  static Tap instead(Set<Kind> kinds, BiFunction<Subscription.Spec, Delivery, Delivery> change) {
    return of(
        kinds,
        (spec, delivery, next) -> {
          Delivery other = change.apply(spec, delivery);
          if (other == null) {
            delivery.ack();
          } else {
            next.delivered(other, false);
          }
        });
  }

  /** What a broken broker does with a delivery on the clock of its client. */
  @FunctionalInterface
  interface Timed {
    void on(Time time, Delivery delivery, DeliveryListener next);
  }

  /** Breaks when subscriptions of these kinds get something. */
  static Tap timed(Set<Kind> kinds, Timed change) {
    AtomicReference<Time> time = new AtomicReference<>();
    Tap watching =
        call -> {
          if (call.is(BrokerProvider.class, "create")) {
            time.set(call.arg(BrokerContext.class).time());
          }
          return call.proceed();
        };
    return watching.and(of(kinds, (spec, delivery, next) -> change.on(time.get(), delivery, next)));
  }

  /** Whether this id comes for the first time; one per broker. */
  static Set<String> seen() {
    return ConcurrentHashMap.newKeySet();
  }

  /** Acknowledges at the broker before anybody has handled it. */
  static Tap ackedAtOnce(Set<Kind> kinds) {
    return instead(
        kinds,
        (spec, delivery) -> {
          delivery.ack();
          return answering(delivery, Map.of("ack", Settled.DONE, "release", Settled.DONE));
        });
  }

  /** Settles without telling the broker. */
  static Tap unheard(String settling) {
    return on(Delivery.class, settling, call -> Settled.DONE);
  }

  /** Acknowledges what subscriptions of these kinds get without telling the broker. */
  static Tap unheardAcks(Set<Kind> kinds) {
    return instead(kinds, (spec, delivery) -> answering(delivery, Map.of("ack", Settled.DONE)));
  }

  /** Acknowledges what is given back: it is lost. */
  static Tap losingReleases() {
    return on(Delivery.class, "release", call -> call.target(Delivery.class).ack());
  }

  /** The same delivery once more, as an object of its own. */
  static Delivery again(Delivery delivery) {
    return answering(delivery, Map.of());
  }

  /** The same delivery with another message. */
  static Delivery showing(Delivery delivery, Message message) {
    return answering(delivery, Map.of("message", message));
  }

  private static Delivery answering(Delivery delivery, Map<String, Object> answers) {
    return new Wrapper(
            call ->
                call.type() == Delivery.class && answers.containsKey(call.method().getName())
                    ? answers.get(call.method().getName())
                    : call.proceed())
        .wrap(Delivery.class, delivery);
  }

  private record Listener(Subscription.Spec spec, DeliveryListener next, Change change)
      implements DeliveryListener {
    @Override
    public void delivered(Delivery delivery, boolean more) {
      change.on(spec, delivery, next);
    }

    @Override
    public void revoking(Object epoch) {
      next.revoking(epoch);
    }

    @Override
    public void revoked(Object epoch) {
      next.revoked(epoch);
    }

    @Override
    public void failed(MessagingException fatal) {
      next.failed(fatal);
    }
  }
}
