package dev.missive.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.Capability;
import dev.missive.Consumer;
import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.Position;
import dev.missive.testkit.Recorder;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Clauses SG06, SG10, SG12 and SG13: subscriptions that not every broker has. */
public interface SubscriptionClauses {
  /**
   * SG06.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("version")
  @DisplayName("SG06 a new group starts at the earliest message, at a time, or with what comes")
  default void start_position(Lab lab) {
    lab.needs(Capability.START_POSITION);
    Messaging messaging = lab.open();
    lab.run("declaring", () -> messaging.topology().declareTopic(lab.topic()));
    messaging.producer().publish(lab.message("old"));
    lab.pass(Duration.ofSeconds(1));
    Instant then = lab.now();
    lab.pass(Duration.ofMillis(200));
    messaging.producer().publish(lab.message("middle"));
    Recorder earliest = new Recorder();
    Recorder at = new Recorder();
    Recorder latest = new Recorder();

    lab.started(from(messaging, lab, "earliest").from(Consumer.EARLIEST).handler(earliest).build());
    lab.started(from(messaging, lab, "at").from(then).handler(at).build());
    lab.started(from(messaging, lab, "latest").handler(latest).build());
    messaging.producer().publish(lab.message("new"));

    lab.await(1, latest);
    lab.await(3, earliest);
    lab.await(2, at);
    assertThat(earliest.texts()).containsExactly("old", "middle", "new");
    assertThat(at.texts()).containsExactly("middle", "new");
    assertThat(latest.texts()).containsExactly("new");
  }

  private static Consumer.Builder from(Messaging messaging, Lab lab, String group) {
    return messaging.consumer(lab.topic()).group(lab.group(group));
  }

  /**
   * SG10.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("version")
  @DisplayName(
      "SG10 a pattern gets exactly the matching topics, later ones too, and the real topic is reported")
  default void patterns(Lab lab) {
    lab.needs(Capability.WILDCARD);
    Messaging messaging = lab.open();
    Recorder one = new Recorder();
    Recorder many = new Recorder();
    lab.started(messaging.consumer(lab.topic("*.created")).group(lab.group()).handler(one).build());
    lab.started(messaging.consumer(lab.topic(">")).group(lab.group("all")).handler(many).build());
    String other = "other" + lab.topic("topic");
    lab.run("declaring", () -> messaging.topology().declare(other, lab.group()));

    List<String> topics =
        List.of(
            lab.topic("order.created"), lab.topic("order.x.created"), lab.topic("order.deleted"));
    messaging.producer().publish(Message.of(other, "k", new byte[1]));
    topics.forEach(topic -> messaging.producer().publish(Message.of(topic, "k", new byte[1])));
    messaging.producer().publish(Message.of(lab.topic("last.created"), "k", new byte[1]));

    assertThat(lab.await(4, many))
        .extracting(Recorder.Run::topic)
        .containsExactly(topics.get(0), topics.get(1), topics.get(2), lab.topic("last.created"));
    assertThat(lab.await(2, one))
        .extracting(Recorder.Run::topic)
        .containsExactly(topics.get(0), lab.topic("last.created"));
  }

  /**
   * SG12.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("version")
  @DisplayName(
      "SG12 a stopped group can be moved back; an unknown position moves nothing; a running group is refused")
  default void seek(Lab lab) {
    lab.needs(Capability.SEEK);
    Messaging messaging = lab.open();
    Recorder seen = new Recorder();
    Consumer consumer = lab.consume(messaging, seen);
    List<Position> positions = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      Position position = messaging.producer().publish(lab.message("m" + i)).position();
      assertThat(position).as("a broker with SEEK tells positions").isNotNull();
      positions.add(position);
    }
    lab.await(5, seen);

    assertThatThrownBy(() -> seek(lab, messaging, positions.get(2)))
        .hasMessageContaining("running");
    lab.stop(consumer, Duration.ofSeconds(5));
    assertThatThrownBy(() -> seek(lab, messaging, new Position(0, 999)))
        .as("seeking a position that does not exist")
        .isInstanceOfSatisfying(
            MessagingException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.POSITION_UNKNOWN));
    lab.started(consumer);
    assertThat(lab.untilSentinel(messaging, seen))
        .as("all runs after seeks that were refused")
        .containsExactly("m0", "m1", "m2", "m3", "m4");
    lab.stop(consumer, Duration.ofSeconds(5));
    seek(lab, messaging, positions.get(2));
    lab.started(consumer);

    assertThat(lab.untilSentinel(messaging, seen))
        .filteredOn(text -> text.startsWith("m"))
        .as("all runs")
        .containsExactly("m0", "m1", "m2", "m3", "m4", "m2", "m3", "m4");
    // Besides, the first sentinel twice and the second one once.
    assertThat(seen.runs()).hasSize(11);
  }

  private static void seek(Lab lab, Messaging messaging, Position position) {
    lab.run("seeking", () -> messaging.topology().seek(lab.topic(), lab.group(), position));
  }

  /**
   * SG13.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("version")
  @Tag("count")
  @DisplayName("SG13 a broadcast reaches every subscriber that is there, and leaves nothing behind")
  default void broadcast(Lab lab) {
    lab.needs(Capability.BROADCAST);
    Messaging messaging = lab.open();
    Recorder group = new Recorder();
    lab.consume(messaging, group);
    messaging.producer().publish(lab.message("before"));
    List<Recorder> seen = List.of(new Recorder(), new Recorder(), new Recorder());
    List<Consumer> consumers = new ArrayList<>();
    for (Recorder recorder : seen) {
      consumers.add(
          lab.started(messaging.consumer(lab.topic()).broadcast().handler(recorder).build()));
    }

    messaging.producer().publish(lab.message("now"));

    for (Recorder recorder : seen) {
      lab.await(1, recorder);
    }
    lab.await(2, group);
    consumers.forEach(consumer -> lab.stop(consumer, Duration.ofSeconds(5)));
    messaging.producer().publish(lab.message("away"));
    lab.started(consumers.get(0));
    messaging.producer().publish(lab.message("back"));
    lab.await(2, seen.get(0));
    assertThat(seen.get(0).texts()).containsExactly("now", "back");
    assertThat(seen.get(1).texts()).containsExactly("now");
    lab.await(4, group);
    lab.stop(consumers.get(0), Duration.ofSeconds(5));
    lab.part(Control.Inventory.class)
        .ifPresent(objects -> lab.await("no temporary object", () -> objects.temporary() == 0));
  }
}
