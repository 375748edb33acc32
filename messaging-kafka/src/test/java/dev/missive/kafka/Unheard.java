package dev.missive.kafka;

import dev.missive.MessagingException;
import dev.missive.kafka.KafkaNames.Tier;
import dev.missive.spi.Delivery;
import dev.missive.spi.DeliveryListener;
import dev.missive.spi.Subscription;
import java.util.Set;

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
}
