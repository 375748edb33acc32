package dev.missive.nats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.ErrorCode;
import dev.missive.Messaging;
import dev.missive.PublishException;
import dev.missive.Topology;
import dev.missive.testkit.Eventually;
import io.nats.client.JetStreamManagement;
import io.nats.client.api.ConsumerConfiguration;
import io.nats.client.api.RetentionPolicy;
import io.nats.client.api.StreamConfiguration;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Streams and consumers that are declared, or that others made, changed or deleted. */
interface NatsTopologyTraps extends NatsTrap {
  /** 2.9 changes an existing consumer when it is created again, also with action=create. */
  @Test
  default void an_existing_consumer_of_another_kind_is_reported_and_left_alone() throws Exception {
    Messaging messaging = lab().open();
    messaging.topology().declare(lab().topic, NatsLab.GROUP);
    JetStreamManagement js = lab().raw().jetStreamManagement();
    String stream = NatsNames.DEFAULT.stream(lab().topic);
    js.addOrUpdateConsumer(
        stream,
        ConsumerConfiguration.builder(
                js.getConsumerInfo(stream, NatsLab.GROUP).getConsumerConfiguration())
            .ackWait(Duration.ofSeconds(77))
            .build());

    List<Topology.Difference> plan =
        messaging.topology().plan(Topology.Plan.empty().group(lab().topic, NatsLab.GROUP));

    assertThat(plan).hasSize(1);
    assertThat(plan.get(0).field()).isEqualTo("ack_wait");
    assertThat(plan.get(0).want()).isEqualTo("PT30S");
    assertThat(plan.get(0).have()).isEqualTo("PT1M17S");
    assertThatThrownBy(() -> messaging.topology().declare(lab().topic, NatsLab.GROUP))
        .hasMessageContaining("MSG-TOPOLOGY-MISMATCH")
        .hasMessageContaining("ack_wait: want PT30S, have PT1M17S");
    assertThat(js.getConsumerInfo(stream, NatsLab.GROUP).getConsumerConfiguration().getAckWait())
        .isEqualTo(Duration.ofSeconds(77));
  }

  /** The server would delete the group once nobody pulls, or refuse every pull. */
  @Test
  default void limits_that_others_gave_a_consumer_are_reported() throws Exception {
    Messaging messaging = lab().open();
    messaging.topology().declare(lab().topic, NatsLab.GROUP);
    JetStreamManagement js = lab().raw().jetStreamManagement();
    String stream = NatsNames.DEFAULT.stream(lab().topic);
    js.addOrUpdateConsumer(
        stream,
        ConsumerConfiguration.builder(
                js.getConsumerInfo(stream, NatsLab.GROUP).getConsumerConfiguration())
            .inactiveThreshold(Duration.ofHours(1))
            .maxBatch(10)
            .maxExpires(Duration.ofSeconds(2))
            .build());

    List<Topology.Difference> plan =
        messaging.topology().plan(Topology.Plan.empty().group(lab().topic, NatsLab.GROUP));

    assertThat(plan)
        .extracting(d -> d.field() + ": " + d.have())
        .containsExactly("inactive_threshold: PT1H", "max_batch: 10", "max_expires: PT2S");
    assertThatThrownBy(() -> messaging.topology().declare(lab().topic, NatsLab.GROUP))
        .hasMessageContaining("MSG-TOPOLOGY-MISMATCH")
        .hasMessageContaining("inactive_threshold: want null, have PT1H");
  }

  @Test
  default void an_existing_stream_of_another_kind_is_reported_and_left_alone() throws Exception {
    JetStreamManagement js = lab().raw().jetStreamManagement();
    String stream = NatsNames.DEFAULT.stream(lab().topic);
    js.addStream(
        StreamConfiguration.builder().name(stream).subjects(lab().topic).maxMessages(10).build());
    Messaging messaging = lab().open();

    assertThatThrownBy(() -> messaging.topology().declare(lab().topic, NatsLab.GROUP))
        .hasMessageContaining("MSG-TOPOLOGY-MISMATCH")
        .hasMessageContaining("max_msgs: want -1, have 10")
        .hasMessageContaining("max_age: want PT168H, have PT0S");
    assertThat(js.getConsumerNames(stream)).isEmpty();
  }

  /** A shorter window would let duplicates through that the capability says are dropped. */
  @Test
  default void another_window_for_duplicates_is_a_mismatch_unless_nobody_needs_it()
      throws Exception {
    Messaging messaging = lab().open();
    messaging.topology().declare(lab().topic, NatsLab.GROUP);
    JetStreamManagement js = lab().raw().jetStreamManagement();
    js.updateStream(
        StreamConfiguration.builder(
                js.getStreamInfo(NatsNames.DEFAULT.stream(lab().topic)).getConfiguration())
            .duplicateWindow(Duration.ofSeconds(1))
            .build());
    Topology.Plan plan = Topology.Plan.empty().group(lab().topic, NatsLab.GROUP);

    assertThatThrownBy(() -> messaging.topology().declare(lab().topic, NatsLab.GROUP))
        .hasMessageContaining("MSG-TOPOLOGY-MISMATCH")
        .hasMessageContaining("duplicate_window: want PT2M, have PT1S");
    assertThat(lab().open("nats.dedup", "false").topology().plan(plan)).isEmpty();
  }

  @Test
  default void what_waits_for_one_group_and_dead_letters_have_no_age_limit() throws Exception {
    lab().open("nats.max-age", "1h").topology().declare(lab().topic, NatsLab.GROUP);
    JetStreamManagement js = lab().raw().jetStreamManagement();

    for (String stream : List.of("missive-direct", "missive-dlq")) {
      StreamConfiguration live = js.getStreamInfo(stream).getConfiguration();
      assertThat(live.getMaxAge()).as(stream).isZero();
      assertThat(live.getRetentionPolicy()).isEqualTo(RetentionPolicy.WorkQueue);
    }
    assertThat(
            js.getStreamInfo(NatsNames.DEFAULT.stream(lab().topic)).getConfiguration().getMaxAge())
        .isEqualTo(Duration.ofHours(1));
  }

  @Test
  default void a_subject_that_another_stream_stores_is_a_mismatch() throws Exception {
    lab()
        .raw()
        .jetStreamManagement()
        .addStream(
            StreamConfiguration.builder()
                .name("foreign-" + lab().topic.hashCode())
                .subjects(lab().topic)
                .build());

    assertThatThrownBy(() -> lab().open().topology().declare(lab().topic, NatsLab.GROUP))
        .hasMessageContaining("MSG-TOPOLOGY-MISMATCH");
  }

  @Test
  default void declaring_again_and_at_once_from_many_changes_nothing() throws Exception {
    List<Messaging> many = IntStream.range(0, 4).mapToObj(i -> lab().open()).toList();
    List<Thread> threads = new ArrayList<>();
    Queue<Throwable> errors = new ConcurrentLinkedQueue<>();
    for (Messaging each : many) {
      Thread thread = new Thread(() -> each.topology().declare(lab().topic, NatsLab.GROUP));
      thread.setUncaughtExceptionHandler((t, e) -> errors.add(e));
      threads.add(thread);
      thread.start();
    }
    for (Thread thread : threads) {
      thread.join();
    }

    assertThat(errors).isEmpty();
    assertThat(many.get(0).topology().plan(Topology.Plan.empty().group(lab().topic, NatsLab.GROUP)))
        .isEmpty();
  }

  @Test
  default void a_topic_that_nobody_declared_is_missing_and_stays_so() throws Exception {
    Messaging messaging = lab().open();

    assertThatThrownBy(() -> messaging.producer().publish(lab().message("x")))
        .isInstanceOfSatisfying(
            PublishException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.TOPIC_MISSING);
              assertThat(e.outcome()).isEqualTo(PublishException.Outcome.NOT_STORED);
            });
    assertThat(lab().raw().jetStreamManagement().getStreamNames(lab().topic)).isEmpty();
    assertThatThrownBy(() -> messaging.topology().depth(lab().topic, NatsLab.GROUP))
        .hasMessageContaining("MSG-TOPIC-MISSING");
  }

  @Test
  default void a_consumer_that_was_deleted_is_declared_again() throws Exception {
    Queue<String> got = new ConcurrentLinkedQueue<>();
    Messaging messaging = lab().open();
    lab().start(messaging, message -> got.add(NatsLab.text(message)));
    JetStreamManagement js = lab().raw().jetStreamManagement();

    js.deleteConsumer(NatsNames.DEFAULT.stream(lab().topic), NatsLab.GROUP);

    Eventually.await(
        "the consumer is there again",
        () -> {
          try {
            return js.getConsumerNames(NatsNames.DEFAULT.stream(lab().topic))
                .contains(NatsLab.GROUP);
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
        });
    messaging.producer().publish(lab().message("after"));
    Eventually.await("what came after", () -> got.contains("after"));
  }

  @Test
  default void verifying_declares_nothing_and_accepts_what_somebody_else_declared()
      throws Exception {
    Queue<String> got = new ConcurrentLinkedQueue<>();
    Messaging verifying = lab().open("topology.mode", "VERIFY");

    assertThatThrownBy(() -> lab().start(verifying, message -> {}))
        .hasMessageContaining("MSG-TOPOLOGY-MISMATCH")
        .hasMessageContaining(NatsNames.DEFAULT.stream(lab().topic));
    assertThat(lab().raw().jetStreamManagement().getStreamNames(lab().topic)).isEmpty();

    lab().open().topology().declare(lab().topic, NatsLab.GROUP);
    lab().start(verifying, message -> got.add(NatsLab.text(message)));
    verifying.producer().publish(lab().message("x"));
    Eventually.await("the message", () -> got.contains("x"));
  }

  @Test
  default void verifying_tells_what_differs_and_changes_nothing() throws Exception {
    lab().open().topology().declare(lab().topic, NatsLab.GROUP);
    JetStreamManagement js = lab().raw().jetStreamManagement();
    String stream = NatsNames.DEFAULT.stream(lab().topic);
    js.updateStream(
        StreamConfiguration.builder(js.getStreamInfo(stream).getConfiguration())
            .maxMessages(10)
            .build());

    assertThatThrownBy(() -> lab().start(lab().open("topology.mode", "VERIFY"), message -> {}))
        .hasMessageContaining("MSG-TOPOLOGY-MISMATCH")
        .hasMessageContaining("max_msgs");
    assertThat(js.getStreamInfo(stream).getConfiguration().getMaxMsgs()).isEqualTo(10);
  }
}
