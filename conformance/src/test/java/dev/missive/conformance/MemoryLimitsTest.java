package dev.missive.conformance;

import static dev.missive.conformance.MemoryClient.failureOf;
import static dev.missive.conformance.MemoryClient.get;
import static dev.missive.conformance.MemoryLab.GROUP;
import static dev.missive.conformance.MemoryLab.PLAN;
import static dev.missive.conformance.MemoryLab.TOPIC;
import static dev.missive.conformance.MemoryLab.sized;
import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.Position;
import dev.missive.Topology;
import dev.missive.conformance.MemoryClient.Flow;
import dev.missive.spi.Subscription.Kind;
import dev.missive.testkit.Eventually;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How much the in-memory broker stores, and what it refuses. */
final class MemoryLimitsTest {
  private final MemoryLab lab = new MemoryLab();

  @AfterEach
  void close() {
    lab.close();
  }

  @Test
  void an_atomic_batch_that_does_not_fit_stores_nothing() {
    MemoryClient client = lab.open("memory.max-stored-bytes", "1000");
    client.declare(PLAN);

    CompletionStage<List<Position>> batch =
        client.publishAll(List.of(sized("a", 400), sized("b", 400), sized("c", 400)));

    assertThat(failureOf(batch).code()).isEqualTo(ErrorCode.PUBLISH_REJECTED);
    assertThat(lab.memory.waitingIds(TOPIC, GROUP)).isEmpty();
    assertThat(get(client.publishAll(List.of(sized("a", 400), sized("b", 400))))).hasSize(2);
  }

  @Test
  void an_atomic_batch_with_a_message_that_is_refused_stores_nothing() {
    MemoryClient client = lab.open();
    client.declare(PLAN);
    Message lost = Message.builder("memory.missing").id("b").text("x").build();

    CompletionStage<List<Position>> batch = client.publishAll(List.of(sized("a", 1), lost));

    assertThat(failureOf(batch).code()).isEqualTo(ErrorCode.TOPIC_MISSING);
    assertThat(lab.memory.waitingIds(TOPIC, GROUP)).isEmpty();
  }

  @Test
  void what_is_kept_for_later_groups_counts_and_gives_way() {
    MemoryClient client = lab.open("memory.max-stored-bytes", "1000");
    client.declare(PLAN);
    Flow flow = client.subscribe(Kind.GROUP, TOPIC, GROUP, 10);

    for (int i = 0; i < 20; i++) {
      int number = i;
      client.publish(sized("m" + i, 400)).position();
      Eventually.await("delivered", () -> flow.deliveries.size() > number);
      flow.deliveries.get(number).ack();
      Eventually.await("settled", () -> lab.memory.inFlight(TOPIC, GROUP) == 0);
    }

    assertThat(lab.memory.topicIds(TOPIC)).containsExactly("m18", "m19");
  }

  @Test
  void a_message_that_several_groups_wait_for_is_stored_once() {
    MemoryClient client = lab.open("memory.max-stored-bytes", "1000");
    client.declare(Topology.Plan.empty().group(TOPIC, GROUP).group(TOPIC, "audit"));

    client.publish(sized("a", 800)).position();

    assertThat(client.publish(sized("b", 300)).failure().code())
        .isEqualTo(ErrorCode.PUBLISH_REJECTED);
    assertThat(lab.memory.waitingIds(TOPIC, "audit")).containsExactly("a");
  }

  @Test
  void keys_and_headers_count_too() {
    MemoryClient client = lab.open("memory.max-stored-bytes", "1000");
    client.declare(PLAN);
    Message big =
        Message.builder(TOPIC).id("a").key("k".repeat(200)).header("h", "v".repeat(900)).build();

    assertThat(client.publish(big).failure().code()).isEqualTo(ErrorCode.PUBLISH_REJECTED);
  }

  @Test
  void each_client_keeps_its_own_limits() {
    MemoryClient strict = lab.open("memory.max-bytes", "10");
    lab.open("memory.max-bytes", "1000");
    strict.declare(PLAN);

    assertThat(strict.publish(sized("a", 11)).failure().code())
        .isEqualTo(ErrorCode.PUBLISH_REJECTED);
  }
}
