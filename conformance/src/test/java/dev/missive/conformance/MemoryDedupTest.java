package dev.missive.conformance;

import static dev.missive.conformance.MemoryClient.get;
import static dev.missive.conformance.MemoryLab.GROUP;
import static dev.missive.conformance.MemoryLab.PLAN;
import static dev.missive.conformance.MemoryLab.TOPIC;
import static dev.missive.conformance.MemoryLab.sized;
import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Position;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the in-memory broker makes of a message that is sent again. */
final class MemoryDedupTest {
  private final MemoryLab lab = new MemoryLab();

  @AfterEach
  void close() {
    lab.close();
  }

  @Test
  void a_message_sent_again_answers_with_the_place_of_the_first() {
    MemoryClient client = lab.open();
    client.declare(PLAN);
    client.publish(sized("first", 1)).position();
    Position position = client.publish(sized("again", 1)).position();

    assertThat(client.publish(sized("again", 1)).position()).isEqualTo(position);
    assertThat(get(client.publishAll(List.of(sized("again", 1), sized("new", 1)))))
        .containsExactly(position, new Position(0, 2));
    assertThat(lab.memory.waitingIds(TOPIC, GROUP)).containsExactly("first", "again", "new");
  }

  @Test
  void a_broker_without_dedup_stores_every_copy() {
    MemoryClient client = lab.open("memory.without", "dedup");
    client.declare(PLAN);
    client.publish(sized("a", 1)).position();
    client.publish(sized("a", 1)).position();

    assertThat(lab.memory.waitingIds(TOPIC, GROUP)).containsExactly("a", "a");
  }
}
