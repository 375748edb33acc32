package dev.missive.conformance;

import static dev.missive.conformance.MemoryLab.GROUP;
import static dev.missive.conformance.MemoryLab.TOPIC;
import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.conformance.MemoryClient.Flow;
import dev.missive.spi.Subscription.Kind;
import dev.missive.testkit.Eventually;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Whom of a group the in-memory broker gives a message, with a seed and without one. */
final class MemorySeedTest {
  private static final int MEMBERS = 3;
  private static final int MESSAGES = 60;

  @Test
  void a_seed_shuffles_who_gets_a_message_the_same_way_each_time() {
    List<Integer> seven = members("memory.seed", "7");

    assertThat(members("memory.seed", "7")).isEqualTo(seven);
    assertThat(members("memory.seed", "8")).isNotEqualTo(seven);
    assertThat(seven).as("with a seed").isNotEqualTo(inTurn());
    for (int member = 0; member < MEMBERS; member++) {
      assertThat(Collections.frequency(seven, member)).as("of member %s", member).isPositive();
    }
  }

  @Test
  void without_a_seed_members_take_turns() {
    assertThat(members()).isEqualTo(inTurn());
  }

  private static List<Integer> inTurn() {
    List<Integer> members = new ArrayList<>();
    for (int i = 0; i < MESSAGES; i++) {
      members.add(i % MEMBERS);
    }
    return members;
  }

  /** Which member gets each message, in order. */
  private static List<Integer> members(String... settings) {
    MemoryLab lab = new MemoryLab();
    try {
      MemoryClient client = lab.open(settings);
      client.declare(MemoryLab.PLAN);
      List<Flow> flows = new ArrayList<>();
      for (int i = 0; i < MEMBERS; i++) {
        flows.add(client.subscribe(Kind.GROUP, TOPIC, GROUP, MESSAGES));
      }
      List<Integer> members = new ArrayList<>();
      for (int i = 0; i < MESSAGES; i++) {
        String id = "m" + i;
        client.publish(MemoryLab.sized(id, 1)).position();
        Eventually.await(id, () -> flows.stream().anyMatch(flow -> flow.ids().contains(id)));
        members.add(
            flows.indexOf(
                flows.stream().filter(flow -> flow.ids().contains(id)).findFirst().orElseThrow()));
      }
      return members;
    } finally {
      lab.close();
    }
  }
}
