package dev.missive.conformance;

import static dev.missive.conformance.MemoryClient.failureOf;
import static dev.missive.conformance.MemoryClient.get;
import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.Position;
import dev.missive.PublishException.Outcome;
import dev.missive.Topology;
import dev.missive.conformance.MemoryClient.Flow;
import dev.missive.conformance.MemoryClient.Sent;
import dev.missive.spi.Delivery;
import dev.missive.spi.Destination;
import dev.missive.spi.Seeker;
import dev.missive.spi.Subscription;
import dev.missive.spi.Subscription.Kind;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.MemoryBroker;
import dev.missive.testkit.VirtualTime;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the in-memory broker stores, refuses and forgets. */
final class MemoryBrokerTest {
  private static final String TOPIC = "memory.orders";
  private static final String GROUP = "billing";
  private static final Destination LETTERS = new Destination.DeadLetters(TOPIC, GROUP);

  private static final Topology.Plan KEY_ORDER =
      Topology.Plan.empty().with(new Topology.Entry(TOPIC, GROUP, true, null));

  private final String name = "memory-" + System.nanoTime();
  private final MemoryBroker memory = MemoryBroker.named(name);
  private final VirtualTime time = new VirtualTime();
  private final List<MemoryClient> clients = new ArrayList<>();

  @AfterEach
  void close() {
    clients.forEach(MemoryClient::close);
    memory.close();
  }

  // ---- order per key

  @Test
  void a_message_with_a_priority_is_handed_out_in_a_group_with_key_order() {
    MemoryClient client = open();
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
    MemoryClient client = open("memory.max-stored-bytes", "1000000000");
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
    MemoryClient client = open();
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

  // ---- limits

  @Test
  void an_atomic_batch_that_does_not_fit_stores_nothing() {
    MemoryClient client = open("memory.max-stored-bytes", "1000");
    client.declare(Topology.Plan.empty().group(TOPIC, GROUP));

    CompletionStage<List<Position>> batch =
        client.publishAll(List.of(sized("a", 400), sized("b", 400), sized("c", 400)));

    assertThat(failureOf(batch).code()).isEqualTo(ErrorCode.PUBLISH_REJECTED);
    assertThat(memory.waitingIds(TOPIC, GROUP)).isEmpty();
    assertThat(get(client.publishAll(List.of(sized("a", 400), sized("b", 400))))).hasSize(2);
  }

  @Test
  void an_atomic_batch_with_a_message_that_is_refused_stores_nothing() {
    MemoryClient client = open();
    client.declare(Topology.Plan.empty().group(TOPIC, GROUP));
    Message lost = Message.builder("memory.missing").id("b").text("x").build();

    CompletionStage<List<Position>> batch = client.publishAll(List.of(sized("a", 1), lost));

    assertThat(failureOf(batch).code()).isEqualTo(ErrorCode.TOPIC_MISSING);
    assertThat(memory.waitingIds(TOPIC, GROUP)).isEmpty();
  }

  @Test
  void what_is_kept_for_later_groups_counts_and_gives_way() {
    MemoryClient client = open("memory.max-stored-bytes", "1000");
    client.declare(Topology.Plan.empty().group(TOPIC, GROUP));
    Flow flow = client.subscribe(Kind.GROUP, TOPIC, GROUP, 10);

    for (int i = 0; i < 20; i++) {
      int number = i;
      client.publish(sized("m" + i, 400)).position();
      Eventually.await("delivered", () -> flow.deliveries.size() > number);
      flow.deliveries.get(number).ack();
      Eventually.await("settled", () -> memory.inFlight(TOPIC, GROUP) == 0);
    }

    assertThat(memory.topicIds(TOPIC)).containsExactly("m18", "m19");
  }

  @Test
  void a_message_that_several_groups_wait_for_is_stored_once() {
    MemoryClient client = open("memory.max-stored-bytes", "1000");
    client.declare(Topology.Plan.empty().group(TOPIC, GROUP).group(TOPIC, "audit"));

    client.publish(sized("a", 800)).position();

    assertThat(client.publish(sized("b", 300)).failure().code())
        .isEqualTo(ErrorCode.PUBLISH_REJECTED);
    assertThat(memory.waitingIds(TOPIC, "audit")).containsExactly("a");
  }

  @Test
  void keys_and_headers_count_too() {
    MemoryClient client = open("memory.max-stored-bytes", "1000");
    client.declare(Topology.Plan.empty().group(TOPIC, GROUP));
    Message big =
        Message.builder(TOPIC).id("a").key("k".repeat(200)).header("h", "v".repeat(900)).build();

    assertThat(client.publish(big).failure().code()).isEqualTo(ErrorCode.PUBLISH_REJECTED);
  }

  @Test
  void deleting_a_topic_gives_its_bytes_back() {
    MemoryClient client = full();

    memory.deleteTopic(TOPIC);

    assertStoresAgain(client);
  }

  @Test
  void deleting_a_group_gives_its_bytes_back_also_those_in_flight() {
    MemoryClient client = full("memory.retain", "0");
    Flow flow = client.subscribe(Kind.GROUP, TOPIC, GROUP, 10);
    Eventually.await("delivered", () -> flow.deliveries.size() == 1);

    memory.deleteGroup(TOPIC, GROUP);
    flow.deliveries.get(0).release();

    assertStoresAgain(client);
  }

  @Test
  void seeking_gives_bytes_back() {
    MemoryClient client = open("memory.max-stored-bytes", "1000");
    client.declare(Topology.Plan.empty().group(TOPIC, GROUP));
    Position first = client.publish(sized("a", 100)).position();
    client.send(new Destination.Group(TOPIC, GROUP), sized("copy", 800)).position();

    get(client.broker.unwrap(Seeker.class).orElseThrow().seek(TOPIC, GROUP, first));

    assertThat(memory.waitingIds(TOPIC, GROUP)).containsExactly("a");
    client.publish(sized("b", 800)).position();
  }

  @Test
  void leaving_a_broadcast_gives_its_bytes_back() {
    MemoryClient client = open("memory.max-stored-bytes", "1000", "memory.retain", "0");
    client.declare(Topology.Plan.empty().topic(TOPIC));
    Flow listener = client.subscribe(Kind.BROADCAST, TOPIC, null, 1);
    client.publish(sized("held", 400)).position();
    client.publish(sized("waiting", 400)).position();
    Eventually.await("delivered", () -> listener.deliveries.size() == 1);

    get(listener.subscription().close());

    assertStoresAgain(client);
  }

  @Test
  void leaving_a_reply_address_gives_its_bytes_back() {
    MemoryClient client = open("memory.max-stored-bytes", "1000");
    Flow replies = client.subscribe(Kind.REPLIES, "app", null, 1);
    Destination address = new Destination.Reply(replies.subscription().address());
    client.send(address, sized("held", 400)).position();
    client.send(address, sized("waiting", 400)).position();
    Eventually.await("delivered", () -> replies.deliveries.size() == 1);

    get(replies.subscription().close());

    assertStoresAgain(client);
  }

  @Test
  void a_reset_forgets_every_byte_once() {
    MemoryClient client = full();
    Flow flow = client.subscribe(Kind.GROUP, TOPIC, GROUP, 10);
    Eventually.await("delivered", () -> flow.deliveries.size() == 1);

    memory.reset();
    Eventually.await("cut", () -> memory.connections() == 0);
    time.advance(Duration.ofSeconds(1));
    Eventually.await("back", () -> memory.connections() == 1);

    client.declare(Topology.Plan.empty().group(TOPIC, GROUP));
    client.publish(sized("b", 1000)).position();
    assertThat(client.publish(sized("c", 1)).failure().code())
        .isEqualTo(ErrorCode.PUBLISH_REJECTED);
  }

  // ---- withheld results

  @Test
  void releasing_confirms_confirms_nothing_that_a_blocked_broker_has_not_stored() {
    MemoryClient client = open();
    client.declare(Topology.Plan.empty().group(TOPIC, GROUP));
    memory.block();
    Sent blocked = client.publish(sized("blocked", 1));

    memory.releaseConfirms();
    get(client.broker.admin().depth(new Destination.Group(TOPIC, GROUP)));

    assertThat(blocked.results).hasValue(0);
    memory.unblock();
    assertThat(blocked.position().offset()).isZero();
    assertThat(memory.waitingIds(TOPIC, GROUP)).containsExactly("blocked");
  }

  @Test
  void the_end_of_an_alarm_stores_nothing_twice_and_confirms_nothing_withheld() {
    MemoryClient client = open("memory.dedup-window", "0s");
    client.declare(Topology.Plan.empty().group(TOPIC, GROUP));
    memory.withholdConfirms();
    Sent withheld = client.publish(sized("withheld", 1));
    Eventually.await("stored", () -> memory.waitingIds(TOPIC, GROUP).size() == 1);
    memory.block();
    Sent blocked = client.publish(sized("blocked", 1));

    memory.unblock();
    Eventually.await("stored", () -> memory.waitingIds(TOPIC, GROUP).size() > 1);

    assertThat(memory.waitingIds(TOPIC, GROUP)).containsExactly("withheld", "blocked");
    assertThat(withheld.results).hasValue(0);
    assertThat(blocked.results).hasValue(0);
    memory.releaseConfirms();
    assertThat(withheld.position().offset()).isZero();
    assertThat(blocked.position().offset()).isEqualTo(1);
  }

  @Test
  void a_lost_confirm_stays_lost_when_confirms_are_released_until_the_connection_goes() {
    MemoryClient client = open();
    client.declare(Topology.Plan.empty().group(TOPIC, GROUP));
    memory.loseConfirms(1);
    Sent lost = client.publish(sized("lost", 1));
    client.publish(sized("next", 1)).position();

    memory.releaseConfirms();
    get(client.broker.admin().depth(new Destination.Group(TOPIC, GROUP)));
    assertThat(lost.results).hasValue(0);

    memory.drop();
    assertThat(lost.failure().outcome()).isEqualTo(Outcome.UNKNOWN);
  }

  @Test
  void what_is_held_fails_in_the_order_it_was_sent_each_with_its_own_outcome() {
    MemoryClient client = open();
    client.declare(Topology.Plan.empty().group(TOPIC, GROUP));
    memory.withholdConfirms();
    Sent stored = client.publish(sized("stored", 1));
    Eventually.await("stored", () -> memory.waitingIds(TOPIC, GROUP).size() == 1);
    memory.block();
    Sent blocked = client.publish(sized("blocked", 1));

    memory.drop();

    assertThat(stored.failure().outcome()).isEqualTo(Outcome.UNKNOWN);
    assertThat(blocked.failure().outcome()).isEqualTo(Outcome.NOT_STORED);
  }

  @Test
  void an_atomic_batch_is_held_by_an_alarm_like_any_other_send() {
    MemoryClient client = open();
    client.declare(Topology.Plan.empty().group(TOPIC, GROUP));
    memory.block();
    CompletionStage<List<Position>> batch = client.publishAll(List.of(sized("a", 1)));
    get(client.broker.admin().depth(new Destination.Group(TOPIC, GROUP)));
    assertThat(memory.waitingIds(TOPIC, GROUP)).isEmpty();

    memory.unblock();

    assertThat(get(batch)).containsExactly(new Position(0, 0));
  }

  // ---- de-duplication

  @Test
  void a_message_sent_again_answers_with_the_place_of_the_first() {
    MemoryClient client = open();
    client.declare(Topology.Plan.empty().group(TOPIC, GROUP));
    client.publish(sized("first", 1)).position();
    Position position = client.publish(sized("again", 1)).position();

    assertThat(client.publish(sized("again", 1)).position()).isEqualTo(position);
    assertThat(get(client.publishAll(List.of(sized("again", 1), sized("new", 1)))))
        .containsExactly(position, new Position(0, 2));
    assertThat(memory.waitingIds(TOPIC, GROUP)).containsExactly("first", "again", "new");
  }

  @Test
  void a_broker_without_dedup_stores_every_copy() {
    MemoryClient client = open("memory.without", "dedup");
    client.declare(Topology.Plan.empty().group(TOPIC, GROUP));
    client.publish(sized("a", 1)).position();
    client.publish(sized("a", 1)).position();

    assertThat(memory.waitingIds(TOPIC, GROUP)).containsExactly("a", "a");
  }

  @Test
  void each_client_keeps_its_own_limits() {
    MemoryClient strict = open("memory.max-bytes", "10");
    open("memory.max-bytes", "1000");
    strict.declare(Topology.Plan.empty().group(TOPIC, GROUP));

    assertThat(strict.publish(sized("a", 11)).failure().code())
        .isEqualTo(ErrorCode.PUBLISH_REJECTED);
  }

  private MemoryClient full(String... settings) {
    List<String> all = new ArrayList<>(List.of("memory.max-stored-bytes", "1000"));
    all.addAll(List.of(settings));
    MemoryClient client = open(all.toArray(String[]::new));
    client.declare(Topology.Plan.empty().group(TOPIC, GROUP));
    client.publish(sized("full", 800)).position();
    assertThat(client.publish(sized("more", 800)).failure().code())
        .isEqualTo(ErrorCode.PUBLISH_REJECTED);
    return client;
  }

  private void assertStoresAgain(MemoryClient client) {
    client.declare(Topology.Plan.empty().group(TOPIC, GROUP));
    client.send(LETTERS, sized("again", 1000)).position();
    assertThat(client.send(LETTERS, sized("more", 1)).failure().code())
        .isEqualTo(ErrorCode.PUBLISH_REJECTED);
  }

  private MemoryClient open(String... settings) {
    MemoryClient made = MemoryClient.open(name, "client-" + clients.size(), time, settings);
    clients.add(made);
    return made;
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

  private static Message sized(String id, int bytes) {
    return Message.builder(TOPIC).id(id).payload(new byte[bytes]).build();
  }
}
