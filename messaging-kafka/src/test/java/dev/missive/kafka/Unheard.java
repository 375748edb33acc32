package dev.missive.kafka;

import dev.missive.MessagingException;
import dev.missive.kafka.KafkaNames.Tier;
import dev.missive.spi.Delivery;
import dev.missive.spi.DeliveryListener;
import dev.missive.spi.Subscription;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A subscription without a runtime and without a broker. */
final class Unheard implements DeliveryListener {
  private Unheard() {}

  static KafkaSubscription subscription() {
    return subscription(Subscription.Kind.GROUP, "orders");
  }

  static KafkaSubscription letters() {
    return subscription(Subscription.Kind.DEAD_LETTERS, "orders");
  }

  static KafkaSubscription subscription(Subscription.Kind kind, String topic) {
    return new KafkaSubscription(
        new Subscription.Spec(kind, topic, "g", 100, false, null), new Unheard(), Set.of(Tier.S15));
  }

  @Override
  public void delivered(Delivery delivery, boolean more) {}

  @Override
  public void revoking(Object epoch) {}

  @Override
  public void revoked(Object epoch) {}

  @Override
  public void failed(MessagingException fatal) {
    throw fatal;
  }

  /** What an assignment delivers next; null if nothing. */
  static @Nullable KafkaDelivery next(
      Assignment assignment, KafkaSubscription subscription, Instant now) {
    List<KafkaDelivery> one = new ArrayList<>();
    assignment.take(subscription, now, 1, one);
    return one.isEmpty() ? null : one.get(0);
  }
}
