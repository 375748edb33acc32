package dev.missive.rabbitmq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.MessagingException;
import dev.missive.PublishException;
import dev.missive.Topology;
import dev.missive.Topology.Difference;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.Recorder;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** What is there, what is not, and what differs, on the newest and on the oldest broker. */
@Tag("broker")
@ParameterizedClass(name = "oldest={0}")
@MethodSource("dev.missive.rabbitmq.Versions#oldest")
final class RabbitTopologyTest {
  private final LiveBroker broker;
  private final RabbitLab lab;

  RabbitTopologyTest(boolean oldest) {
    broker = LiveBrokers.shared(oldest ? Brokers.rabbitmq().withOldest() : Brokers.rabbitmq());
    lab = new RabbitLab(broker);
  }

  @AfterEach
  void close() throws Exception {
    lab.close();
  }

  @Test
  void a_topic_without_a_group_is_unroutable_and_does_not_exist_afterwards() {
    lab.start("g", message -> {});

    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(
              () ->
                  lab.messaging()
                      .producer()
                      .publish(Message.builder("nobody." + lab.topic).text("x").build()))
          .isInstanceOfSatisfying(
              PublishException.class,
              e -> {
                assertThat(e.code()).isEqualTo(ErrorCode.UNROUTABLE);
                assertThat(e.outcome()).isEqualTo(PublishException.Outcome.NOT_STORED);
              });
    }
    assertThat(lab.publish("still works")).isNotEmpty();
  }

  @Test
  void an_exchange_that_is_not_there_fails_the_publish_and_nothing_else() {
    var messaging = lab.open(Map.of("rabbitmq.exchange", "not.there." + lab.topic));
    long began = System.nanoTime();

    assertThatThrownBy(
            () -> messaging.producer().publish(Message.builder(lab.topic).text("x").build()))
        .isInstanceOfSatisfying(
            PublishException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.UNROUTABLE);
              assertThat(e.outcome()).isEqualTo(PublishException.Outcome.NOT_STORED);
            });
    assertThat(System.nanoTime() - began).isLessThan(TimeUnit.SECONDS.toNanos(20));
    messaging.topology().declare(lab.topic, "g");
    assertThat(messaging.producer().publish(Message.builder(lab.topic).text("y").build()).id())
        .isNotEmpty();
  }

  @Test
  void a_group_of_the_other_order_is_a_mismatch_that_names_the_argument() {
    lab.messaging().topology().declare(lab.topic, "g");
    Topology.Plan ordered =
        Topology.Plan.empty().with(new Topology.Entry(lab.topic, "g", true, null));

    List<Difference> differences = lab.messaging().topology().plan(ordered);
    assertThat(differences)
        .contains(
            new Difference(
                "queue " + lab.topic + ".g",
                "x-single-active-consumer",
                "true",
                "none",
                Difference.Kind.DIFFERENT));
    assertThatThrownBy(() -> lab.messaging().topology().apply(ordered))
        .isInstanceOfSatisfying(
            MessagingException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.TOPOLOGY_MISMATCH);
              assertThat(e.getMessage())
                  .contains("x-single-active-consumer", "want true", "have none");
            });
  }

  @Test
  void a_plan_tells_what_is_missing_or_changed_behind_our_back_and_changes_nothing()
      throws Exception {
    Topology.Plan plan = Topology.Plan.empty().group(lab.topic, "g");
    assertThat(lab.messaging().topology().plan(plan))
        .filteredOn(difference -> difference.object().contains(lab.topic))
        .extracting(Difference::kind)
        .containsExactly(Difference.Kind.MISSING, Difference.Kind.MISSING);
    lab.messaging().topology().apply(plan);
    lab.messaging().topology().apply(plan);
    assertThat(lab.messaging().topology().plan(plan))
        .extracting(Difference::kind)
        .containsExactly(Difference.Kind.UNSEEN);

    lab.raw().queueDelete(lab.topic + ".g");
    Map<String, Object> changed = QueueType.QUORUM.group(lab.topic + ".g.dlq", false);
    changed.put("x-delivery-limit", 7);
    lab.raw().queueDeclare(lab.topic + ".g", true, false, false, changed);

    assertThat(lab.messaging().topology().plan(plan))
        .contains(
            new Difference(
                "queue " + lab.topic + ".g",
                "x-delivery-limit",
                "50",
                "7",
                Difference.Kind.DIFFERENT));
  }

  @Test
  void a_queue_deleted_under_a_running_consumer_comes_back() throws Exception {
    Recorder recorder = new Recorder();
    lab.start("g", recorder);
    lab.publish("before");
    recorder.await(1);

    lab.raw().queueDelete(lab.topic + ".g");

    Eventually.await(
        "a message after the loss",
        () -> {
          try {
            lab.publish("after");
          } catch (PublishException e) {
            assertThat(e.code()).isEqualTo(ErrorCode.UNROUTABLE);
          }
          return recorder.texts().contains("after");
        });
  }

  @Test
  void wrong_credentials_are_refused_at_start() {
    var messaging = lab.open(Map.of("rabbitmq.username", "nobody", "rabbitmq.password", "c4n4ry"));

    assertThatThrownBy(messaging::start)
        .isInstanceOfSatisfying(
            MessagingException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.AUTH);
              assertThat(e.getMessage()).contains("rabbitmq.username");
              StringWriter everything = new StringWriter();
              e.printStackTrace(new PrintWriter(everything));
              everything.append(messaging.health() + "" + messaging.configuration() + messaging);
              assertThat(everything.toString()).contains("nobody").doesNotContain("c4n4ry");
            });
  }

  @Test
  void a_virtual_host_that_is_not_there_is_refused_at_start() {
    var messaging = lab.open(Map.of("rabbitmq.vhost", "not-there-" + lab.topic));

    assertThatThrownBy(messaging::start)
        .isInstanceOfSatisfying(
            MessagingException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.AUTH);
              assertThat(e.getMessage()).contains("rabbitmq.vhost", "not-there-" + lab.topic);
            });
  }
}
