package dev.missive.conformance;

import static dev.missive.conformance.MemoryClient.get;
import static dev.missive.conformance.MemoryLab.GROUP;
import static dev.missive.conformance.MemoryLab.PLAN;
import static dev.missive.conformance.MemoryLab.TOPIC;
import static dev.missive.conformance.MemoryLab.sized;
import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Position;
import dev.missive.PublishException.Outcome;
import dev.missive.conformance.MemoryClient.Sent;
import dev.missive.spi.Destination;
import dev.missive.testkit.Eventually;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the in-memory broker answers late, or never. */
final class MemoryConfirmsTest {
  private final MemoryLab lab = new MemoryLab();

  @AfterEach
  void close() {
    lab.close();
  }

  @Test
  void releasing_confirms_confirms_nothing_that_a_blocked_broker_has_not_stored() {
    MemoryClient client = lab.open();
    client.declare(PLAN);
    lab.memory.block();
    Sent blocked = client.publish(sized("blocked", 1));

    lab.memory.releaseConfirms();
    get(client.broker.admin().depth(new Destination.Group(TOPIC, GROUP)));

    assertThat(blocked.results).hasValue(0);
    lab.memory.unblock();
    assertThat(blocked.position().offset()).isZero();
    assertThat(lab.memory.waitingIds(TOPIC, GROUP)).containsExactly("blocked");
  }

  @Test
  void the_end_of_an_alarm_stores_nothing_twice_and_confirms_nothing_withheld() {
    MemoryClient client = lab.open("memory.dedup-window", "0s");
    client.declare(PLAN);
    lab.memory.withholdConfirms();
    Sent withheld = client.publish(sized("withheld", 1));
    Eventually.await("stored", () -> lab.memory.waitingIds(TOPIC, GROUP).size() == 1);
    lab.memory.block();
    Sent blocked = client.publish(sized("blocked", 1));

    lab.memory.unblock();
    Eventually.await("stored", () -> lab.memory.waitingIds(TOPIC, GROUP).size() > 1);

    assertThat(lab.memory.waitingIds(TOPIC, GROUP)).containsExactly("withheld", "blocked");
    assertThat(withheld.results).hasValue(0);
    assertThat(blocked.results).hasValue(0);
    lab.memory.releaseConfirms();
    assertThat(withheld.position().offset()).isZero();
    assertThat(blocked.position().offset()).isEqualTo(1);
  }

  @Test
  void a_lost_confirm_stays_lost_when_confirms_are_released_until_the_connection_goes() {
    MemoryClient client = lab.open();
    client.declare(PLAN);
    lab.memory.loseConfirms(1);
    Sent lost = client.publish(sized("lost", 1));
    client.publish(sized("next", 1)).position();

    lab.memory.releaseConfirms();
    get(client.broker.admin().depth(new Destination.Group(TOPIC, GROUP)));
    assertThat(lost.results).hasValue(0);

    lab.memory.drop();
    assertThat(lost.failure().outcome()).isEqualTo(Outcome.UNKNOWN);
  }

  @Test
  void what_is_held_fails_in_the_order_it_was_sent_each_with_its_own_outcome() {
    MemoryClient client = lab.open();
    client.declare(PLAN);
    lab.memory.withholdConfirms();
    Sent stored = client.publish(sized("stored", 1));
    Eventually.await("stored", () -> lab.memory.waitingIds(TOPIC, GROUP).size() == 1);
    lab.memory.block();
    Sent blocked = client.publish(sized("blocked", 1));

    lab.memory.drop();

    assertThat(stored.failure().outcome()).isEqualTo(Outcome.UNKNOWN);
    assertThat(blocked.failure().outcome()).isEqualTo(Outcome.NOT_STORED);
  }

  @Test
  void an_atomic_batch_is_held_by_an_alarm_like_any_other_send() {
    MemoryClient client = lab.open();
    client.declare(PLAN);
    lab.memory.block();
    CompletionStage<List<Position>> batch = client.publishAll(List.of(sized("a", 1)));
    get(client.broker.admin().depth(new Destination.Group(TOPIC, GROUP)));
    assertThat(lab.memory.waitingIds(TOPIC, GROUP)).isEmpty();

    lab.memory.unblock();

    assertThat(get(batch)).containsExactly(new Position(0, 0));
  }
}
