package dev.missive.nats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.Interceptor;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.Receipt;
import dev.missive.Topology;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import io.nats.client.JetStreamManagement;
import io.nats.client.api.StreamConfiguration;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Batches that are stored together, which servers have since 2.12.1. */
@Tag("broker")
class NatsAtomicTest {
  @Test
  void all_of_a_batch_is_stored_with_its_positions() {
    try (NatsLab lab = new NatsLab(LiveBrokers.shared(Brokers.nats()))) {
      Queue<String> got = new ConcurrentLinkedQueue<>();
      Messaging messaging = lab.open();
      lab.start(messaging, message -> got.add(NatsLab.text(message)));
      List<Message> batch = IntStream.range(0, 20).mapToObj(i -> lab.message("m" + i)).toList();

      List<Receipt> receipts = messaging.producer().publishAtomically(batch);

      Eventually.await("all", () -> got.size() == 20);
      assertThat(got).containsExactlyElementsOf(batch.stream().map(NatsLab::text).toList());
      assertThat(receipts).hasSize(20);
      assertThat(receipts.get(19).position().offset())
          .isEqualTo(receipts.get(0).position().offset() + 19);
    }
  }

  @Test
  void none_of_a_batch_to_a_missing_topic_is_stored() {
    try (NatsLab lab = new NatsLab(LiveBrokers.shared(Brokers.nats()))) {
      Messaging messaging = lab.open();

      assertThatThrownBy(
              () ->
                  messaging
                      .producer()
                      .publishAtomically(List.of(lab.message("a"), lab.message("b"))))
          .hasMessageContaining("MSG-TOPIC-MISSING");
    }
  }

  @Test
  void a_batch_is_as_large_as_the_server_takes_it_and_no_larger() {
    try (NatsLab lab = new NatsLab(LiveBrokers.shared(Brokers.nats()))) {
      Messaging messaging = lab.open();
      messaging.topology().declare(lab.topic, NatsLab.GROUP);
      List<Message> batch = IntStream.range(0, 1001).mapToObj(i -> lab.message("m" + i)).toList();

      assertThatThrownBy(() -> messaging.producer().publishAtomically(batch))
          .hasMessageContaining("1001")
          .hasMessageContaining("1000");
      assertThat(messaging.topology().depth(lab.topic, NatsLab.GROUP).waiting()).isZero();
      messaging.producer().publishAtomically(batch.subList(0, 1000));
      assertThat(messaging.topology().depth(lab.topic, NatsLab.GROUP).waiting()).isEqualTo(1000);
    }
  }

  @Test
  void none_of_a_batch_to_two_topics_is_stored() {
    try (NatsLab lab = new NatsLab(LiveBrokers.shared(Brokers.nats()))) {
      Messaging messaging = lab.open();
      String other = lab.topic + ".other";
      messaging.topology().declare(lab.topic, NatsLab.GROUP);
      messaging.topology().declare(other, NatsLab.GROUP);
      List<Message> batch = List.of(lab.message("a"), Message.builder(other).text("b").build());

      assertThatThrownBy(() -> messaging.producer().publishAtomically(batch))
          .hasMessageContaining(lab.topic)
          .hasMessageContaining(other);
      assertThat(messaging.topology().depth(lab.topic, NatsLab.GROUP).waiting()).isZero();
      assertThat(messaging.topology().depth(other, NatsLab.GROUP).waiting()).isZero();
    }
  }

  /** Each way to say so, also that of an interceptor. */
  @Test
  void a_batch_with_a_message_for_later_is_refused() {
    Interceptor later =
        new Interceptor() {
          @Override
          public CompletionStage<Receipt> aroundPublish(Message message, PublishStep next) {
            return next.proceed(message.toBuilder().delay(Duration.ofHours(1)).build());
          }
        };
    try (NatsLab lab = new NatsLab(LiveBrokers.shared(Brokers.nats()))) {
      Messaging messaging = lab.open();
      messaging.topology().declare(lab.topic, NatsLab.GROUP);
      Messaging intercepted = lab.open(builder -> builder.interceptors(later));
      Message now = lab.message("a");
      Message delayed = now.toBuilder().delay(Duration.ofHours(1)).build();
      Message at = now.toBuilder().deliverAt(Instant.now().plus(Duration.ofHours(1))).build();

      refused(messaging, List.of(now, delayed));
      refused(messaging, List.of(at, now));
      refused(intercepted, List.of(now));
      assertThat(messaging.topology().depth(lab.topic, NatsLab.GROUP).waiting()).isZero();
    }
  }

  private static void refused(Messaging messaging, List<Message> batch) {
    assertThatThrownBy(() -> messaging.producer().publishAtomically(batch))
        .hasMessageContaining("MSG-CONFIG-INVALID")
        .hasMessageContaining("Batches are delivered at once");
  }

  /** What the capability promises is true for each stream, whoever made it. */
  @Test
  void a_stream_of_an_older_server_takes_batches_once_it_is_declared_again() throws Exception {
    try (NatsLab lab = new NatsLab(LiveBrokers.shared(Brokers.nats()))) {
      Messaging messaging = lab.open();
      messaging.topology().declare(lab.topic, NatsLab.GROUP);
      JetStreamManagement js = lab.raw().jetStreamManagement();
      String stream = NatsNames.DEFAULT.stream(lab.topic);
      js.updateStream(
          StreamConfiguration.builder(js.getStreamInfo(stream).getConfiguration())
              .allowAtomicPublish(false)
              .build());
      messaging.producer().publish(lab.message("before"));
      Topology.Plan plan = Topology.Plan.empty().group(lab.topic, NatsLab.GROUP);

      List<Topology.Difference> differences = messaging.topology().plan(plan);
      messaging.topology().declare(lab.topic, NatsLab.GROUP);
      messaging.producer().publishAtomically(List.of(lab.message("a"), lab.message("b")));

      assertThat(differences)
          .containsExactly(
              new Topology.Difference(
                  "stream " + stream,
                  "allow_atomic",
                  "true",
                  "false",
                  Topology.Difference.Kind.MISSING));
      assertThat(messaging.topology().plan(plan)).isEmpty();
      assertThat(messaging.topology().depth(lab.topic, NatsLab.GROUP).waiting()).isEqualTo(3);
    }
  }

  /** Another server of its cluster may be older, and leaves out what it does not know. */
  @Test
  void a_stream_that_was_made_or_changed_without_what_batches_need_is_a_mismatch()
      throws Exception {
    try (NatsLab lab = new NatsLab(LiveBrokers.shared(Brokers.nats()));
        NatsTampering dropped =
            new NatsTampering("\"allow_atomic\":true", "\"allow_atomic\":null", 2)) {
      Messaging messaging = lab.open(NatsTampering::over);
      String stream = NatsNames.DEFAULT.stream(lab.topic);

      for (String how : List.of("made", "changed")) {
        assertThatThrownBy(() -> messaging.topology().declare(lab.topic, NatsLab.GROUP))
            .as(how)
            .hasMessageContaining("MSG-TOPOLOGY-MISMATCH")
            .hasMessageContaining("stream " + stream + " allow_atomic: want true, have false");
      }
      assertThat(dropped.done()).isTrue();
      messaging.topology().declare(lab.topic, NatsLab.GROUP);
      messaging.producer().publishAtomically(List.of(lab.message("a"), lab.message("b")));
      assertThat(messaging.topology().depth(lab.topic, NatsLab.GROUP).waiting()).isEqualTo(2);
    }
  }

  @Test
  void an_old_server_refuses_before_anything_is_sent() {
    try (NatsLab lab = new NatsLab(LiveBrokers.shared(Brokers.nats().withOldest()))) {
      Messaging messaging = lab.open();
      messaging.topology().declare(lab.topic, NatsLab.GROUP);

      assertThatThrownBy(() -> messaging.producer().publishAtomically(List.of(lab.message("a"))))
          .hasMessageContaining("MSG-CAPABILITY-MISSING")
          .hasMessageContaining("ATOMIC_BATCH")
          .hasMessageContaining("since 2.12.1");
      assertThat(messaging.topology().depth(lab.topic, NatsLab.GROUP).waiting()).isZero();
    }
  }
}
