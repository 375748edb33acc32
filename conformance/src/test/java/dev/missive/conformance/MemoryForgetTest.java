package dev.missive.conformance;

import static dev.missive.conformance.MemoryClient.get;
import static dev.missive.conformance.MemoryLab.GROUP;
import static dev.missive.conformance.MemoryLab.PLAN;
import static dev.missive.conformance.MemoryLab.TOPIC;
import static dev.missive.conformance.MemoryLab.sized;
import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.ErrorCode;
import dev.missive.Position;
import dev.missive.Topology;
import dev.missive.conformance.MemoryClient.Flow;
import dev.missive.spi.Destination;
import dev.missive.spi.Seeker;
import dev.missive.spi.Subscription.Kind;
import dev.missive.testkit.Eventually;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the in-memory broker forgets gives its bytes back, once. */
final class MemoryForgetTest {
  private static final Destination LETTERS = new Destination.DeadLetters(TOPIC, GROUP);

  private final MemoryLab lab = new MemoryLab();

  @AfterEach
  void close() {
    lab.close();
  }

  @Test
  void deleting_a_topic_gives_its_bytes_back() {
    MemoryClient client = full();

    lab.memory.deleteTopic(TOPIC);

    assertStoresAgain(client);
  }

  @Test
  void deleting_a_group_gives_its_bytes_back_also_those_in_flight() {
    MemoryClient client = full("memory.retain", "0");
    Flow flow = client.subscribe(Kind.GROUP, TOPIC, GROUP, 10);
    Eventually.await("delivered", () -> flow.deliveries.size() == 1);

    lab.memory.deleteGroup(TOPIC, GROUP);
    flow.deliveries.get(0).release();

    assertStoresAgain(client);
  }

  @Test
  void seeking_gives_bytes_back() {
    MemoryClient client = lab.open("memory.max-stored-bytes", "1000");
    client.declare(PLAN);
    Position first = client.publish(sized("a", 100)).position();
    client.send(new Destination.Group(TOPIC, GROUP), sized("copy", 800)).position();

    get(client.broker.unwrap(Seeker.class).orElseThrow().seek(TOPIC, GROUP, first));

    assertThat(lab.memory.waitingIds(TOPIC, GROUP)).containsExactly("a");
    client.publish(sized("b", 800)).position();
  }

  @Test
  void leaving_a_broadcast_gives_its_bytes_back() {
    MemoryClient client = lab.open("memory.max-stored-bytes", "1000", "memory.retain", "0");
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
    MemoryClient client = lab.open("memory.max-stored-bytes", "1000");
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

    lab.memory.reset();
    Eventually.await("cut", () -> lab.memory.connections() == 0);
    lab.time.advance(Duration.ofSeconds(1));
    Eventually.await("back", () -> lab.memory.connections() == 1);

    client.declare(PLAN);
    client.publish(sized("b", 1000)).position();
    assertThat(client.publish(sized("c", 1)).failure().code())
        .isEqualTo(ErrorCode.PUBLISH_REJECTED);
  }

  private MemoryClient full(String... settings) {
    List<String> all = new ArrayList<>(List.of("memory.max-stored-bytes", "1000"));
    all.addAll(List.of(settings));
    MemoryClient client = lab.open(all.toArray(String[]::new));
    client.declare(PLAN);
    client.publish(sized("full", 800)).position();
    assertThat(client.publish(sized("more", 800)).failure().code())
        .isEqualTo(ErrorCode.PUBLISH_REJECTED);
    return client;
  }

  private void assertStoresAgain(MemoryClient client) {
    client.declare(PLAN);
    client.send(LETTERS, sized("again", 1000)).position();
    assertThat(client.send(LETTERS, sized("more", 1)).failure().code())
        .isEqualTo(ErrorCode.PUBLISH_REJECTED);
  }
}
