package dev.missive.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.Capability;
import dev.missive.Consumer;
import dev.missive.ConsumerState;
import dev.missive.ErrorCode;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.Ordering;
import dev.missive.Topology;
import dev.missive.testkit.FakeHandler;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Clauses H01, H02 and G01: what can be seen from outside is true. */
public interface HealthClauses {
  /**
   * H01.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("fault")
  @DisplayName("H01 every state of a connection and of a consumer is reached, with its reason")
  default void states(Lab lab) {
    new States(lab).run();
  }

  /**
   * H02.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("version")
  @DisplayName("H02 waiting, in flight, lag and dead letters can be read per group")
  default void depth(Lab lab) {
    Messaging messaging = lab.open();
    FakeHandler.Blocking blocking = FakeHandler.blocking();
    lab.consumeWith(messaging, builder -> builder.maxInFlight(2).handler(blocking));
    boolean positions = false;
    for (int i = 0; i < 5; i++) {
      positions = messaging.producer().publish(lab.message("v")).position() != null;
    }
    blocking.awaitEntered();
    try {
      lab.await(
          "three wait, two are in flight",
          () -> {
            Topology.Depth depth =
                lab.call("measuring", () -> messaging.topology().depth(lab.topic(), lab.group()));
            return depth.waiting() == 3 && depth.inFlight() == 2;
          });
      Topology.Depth depth =
          lab.call("measuring", () -> messaging.topology().depth(lab.topic(), lab.group()));
      if (positions) {
        assertThat(depth.lag()).isEqualTo(5);
      }
      assertThat(lab.letters(messaging, lab.group())).isZero();
    } finally {
      blocking.release();
    }
  }

  /** What would be declared, and what differs; what the broker does not show is left out. */
  private static List<Topology.Difference> plan(
      Lab lab, Messaging messaging, Topology.Plan wanted) {
    return lab.call("planning", () -> messaging.topology().plan(wanted)).stream()
        .filter(difference -> difference.kind() != Topology.Difference.Kind.UNSEEN)
        .toList();
  }

  /**
   * G01.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("version")
  @DisplayName("G01 a plan says what is missing and changes nothing; applied twice it does nothing")
  default void plans(Lab lab) {
    Messaging messaging = lab.open();
    Topology.Plan wanted = Topology.Plan.empty().group(lab.topic(), lab.group());

    assertThat(plan(lab, messaging, wanted))
        .isNotEmpty()
        .extracting(Topology.Difference::kind)
        .containsOnly(Topology.Difference.Kind.MISSING);
    assertThat(plan(lab, messaging, wanted)).as("the same plan again").isNotEmpty();
    lab.run("applying", () -> messaging.topology().apply(wanted));
    lab.run("applying", () -> messaging.topology().apply(wanted));
    assertThat(plan(lab, messaging, wanted)).isEmpty();
  }

  /**
   * G01.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("version")
  @DisplayName("G01 a group of another kind is named by plan and start, and nothing changes")
  default void mismatch(Lab lab) {
    lab.needs(Capability.KEY_ORDER);
    Messaging messaging = lab.open();
    Topology.Plan plain = Topology.Plan.empty().group(lab.topic(), lab.group());
    lab.run("applying", () -> messaging.topology().apply(plain));
    Topology.Plan ordered =
        Topology.Plan.empty().with(new Topology.Entry(lab.topic(), lab.group(), true, null));
    List<Topology.Difference> differences = plan(lab, messaging, ordered);
    if (differences.isEmpty()) {
      lab.note("part", "n/a: on this broker a group is the same with and without KEY_ORDER");
      return;
    }

    assertThat(differences)
        .extracting(Topology.Difference::kind)
        .containsOnly(Topology.Difference.Kind.DIFFERENT);
    assertThat(differences.get(0).field()).isNotEmpty();
    assertThat(differences.get(0).want()).isNotEqualTo(differences.get(0).have());
    Consumer consumer =
        messaging
            .consumer(lab.topic())
            .group(lab.group())
            .ordering(Ordering.KEY)
            .handler(m -> {})
            .build();
    assertThatThrownBy(() -> lab.run("starting", consumer::start))
        .isInstanceOfSatisfying(
            MessagingException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.TOPOLOGY_MISMATCH))
        .hasMessageContaining(differences.get(0).field())
        .hasMessageContaining("want")
        .hasMessageContaining("have");
    assertThat(consumer.state()).isEqualTo(ConsumerState.FAILED);
    assertThat(plan(lab, messaging, plain)).isEmpty();
  }

  /**
   * G01.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("fault")
  @DisplayName("G01 an object that was changed behind our back is named by plan and start")
  default void changed(Lab lab) {
    Control.Tampering topology = lab.control(Control.Tampering.class);
    Messaging messaging = lab.open();
    Topology.Plan wanted = Topology.Plan.empty().group(lab.topic(), lab.group());
    lab.run("applying", () -> messaging.topology().apply(wanted));
    topology.change(lab.topic(), lab.group());

    List<Topology.Difference> differences = plan(lab, messaging, wanted);
    assertThat(differences)
        .extracting(Topology.Difference::kind)
        .contains(Topology.Difference.Kind.DIFFERENT);
    Topology.Difference changed =
        differences.stream()
            .filter(each -> each.kind() == Topology.Difference.Kind.DIFFERENT)
            .findFirst()
            .orElseThrow();
    assertThat(changed.field()).as("what was changed").isNotEmpty();
    assertThat(changed.have()).as("its value").isNotNull().isNotEqualTo(changed.want());
    Messaging another = lab.open();
    Consumer consumer = another.consumer(lab.topic()).group(lab.group()).handler(m -> {}).build();
    assertThatThrownBy(() -> lab.run("starting", consumer::start))
        .hasMessageContaining("MSG-TOPOLOGY-MISMATCH")
        .hasMessageContaining(changed.field())
        .hasMessageContaining("want")
        .hasMessageContaining("have");
    assertThat(plan(lab, messaging, wanted)).isEqualTo(differences);
  }

  /**
   * G01.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("version")
  @DisplayName("G01 VERIFY creates nothing")
  default void verify_mode(Lab lab) {
    Messaging messaging = lab.open("topology.mode", "VERIFY");
    Consumer consumer = messaging.consumer(lab.topic()).group(lab.group()).handler(m -> {}).build();
    assertThatThrownBy(() -> lab.run("starting", consumer::start))
        .hasMessageContaining("MSG-TOPOLOGY-MISMATCH");
    assertThat(plan(lab, lab.open(), Topology.Plan.empty().group(lab.topic(), lab.group())))
        .extracting(Topology.Difference::kind)
        .containsOnly(Topology.Difference.Kind.MISSING);
    assertThat(lab.stop(consumer, Duration.ofSeconds(1)).received()).isZero();
  }
}
