package dev.missive.conformance;

import static dev.missive.conformance.MemoryClient.get;
import static dev.missive.conformance.MemoryLab.GROUP;
import static dev.missive.conformance.MemoryLab.TOPIC;
import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Message;
import dev.missive.Topology;
import dev.missive.conformance.MemoryClient.Flow;
import dev.missive.conformance.MemoryClient.Sent;
import dev.missive.spi.Delivery;
import dev.missive.spi.Subscription;
import dev.missive.spi.Subscription.Kind;
import dev.missive.testkit.Eventually;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** In which order, and to whom, the in-memory broker hands out a group with key order. */
final class MemoryKeyOrderTest {
  private static final Topology.Plan KEY_ORDER =
      Topology.Plan.empty().with(new Topology.Entry(TOPIC, GROUP, true, null));

  private final MemoryLab lab = new MemoryLab();

  @AfterEach
  void close() {
    lab.close();
  }

  @Test
  void a_message_with_a_priority_is_handed_out_in_a_group_with_key_order() {
    MemoryClient client = lab.open();
    client.declare(KEY_ORDER);
    client.publish(keyed("low", "k").priority(1).build()).position();
    client.publish(keyed("high", "k").priority(9).build()).position();
    client.publish(keyed("none", "k").build()).position();

    Flow flow = client.subscribe(keyOrder(10));

    Eventually.await("all three", () -> flow.deliveries.size() == 3);
    assertThat(flow.ids()).containsExactly("high", "low", "none");
  }

  @Test
  void key_order_hands_out_100_000_waiting_messages_in_order_while_keys_are_held() {
    MemoryClient client = lab.open("memory.max-stored-bytes", "1000000000");
    client.declare(KEY_ORDER);
    int count = 100_000;
    Sent last = new Sent();
    for (int i = 0; i < count; i++) {
      last = client.publish(keyed("m" + i, "k" + i % 10).build());
    }
    last.position();
    Flow idle = client.subscribe(keyOrder(1));
    Flow busy = client.subscribe(keyOrder(10_000));
    Eventually.await("one holds a key", () -> idle.deliveries.size() == 1);
    String held = key(idle.deliveries.get(0).message());

    int settled = 0;
    int others = count - count / 10;
    long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (settled < others && System.nanoTime() < end) {
      while (settled < busy.deliveries.size()) {
        busy.deliveries.get(settled++).ack();
      }
      Thread.onSpinWait();
    }

    assertThat(settled).as("all but those of the key that another one holds").isEqualTo(others);
    assertThat(busy.deliveries).noneMatch(d -> held.equals(key(d.message())));
    for (int key = 0; key < 10; key++) {
      String text = "k" + key;
      assertThat(
              busy.deliveries.stream()
                  .map(Delivery::message)
                  .filter(message -> text.equals(key(message)))
                  .map(message -> Integer.parseInt(message.id().substring(1))))
          .isSorted();
    }
    idle.deliveries.get(0).ack();
    Eventually.await("the key goes on where it was", () -> idle.deliveries.size() == 2);
  }

  @Test
  void a_key_moves_to_another_subscription_once_nothing_of_it_is_held() {
    MemoryClient client = lab.open();
    client.declare(KEY_ORDER);
    Flow first = client.subscribe(keyOrder(1));
    for (String id : List.of("a", "b", "c")) {
      client.publish(keyed(id, "k").build()).position();
    }
    Eventually.await("the first has one", () -> first.deliveries.size() == 1);
    Flow second = client.subscribe(keyOrder(1));
    client.publish(keyed("other", "x").build()).position();
    Eventually.await("another key goes to the second", () -> second.deliveries.size() == 1);
    assertThat(second.ids()).containsExactly("other");

    get(first.subscription().close());
    second.deliveries.get(0).ack();

    Eventually.await("it gets what came back", () -> second.deliveries.size() == 2);
    assertThat(second.ids()).containsExactly("other", "a");
  }

  private static Subscription.Spec keyOrder(int window) {
    return new Subscription.Spec(Kind.GROUP, TOPIC, GROUP, window, true, null);
  }

  private static Message.Builder keyed(String id, String key) {
    return Message.builder(TOPIC).id(id).key(key).text("x");
  }

  private static String key(Message message) {
    return new String(Objects.requireNonNull(message.key()), StandardCharsets.UTF_8);
  }
}
