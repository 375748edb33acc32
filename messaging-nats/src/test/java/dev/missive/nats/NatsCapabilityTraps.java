package dev.missive.nats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.Capability;
import dev.missive.Consumer;
import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.Producer;
import dev.missive.Receipt;
import dev.missive.ReceivedMessage;
import dev.missive.testkit.Eventually;
import io.nats.client.JetStreamManagement;
import io.nats.client.api.StreamConfiguration;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the adapter says it can do: drop duplicates, seek, broadcast, request and delay. */
interface NatsCapabilityTraps extends NatsTrap {
  @Test
  default void the_same_id_twice_is_one_message() {
    Queue<String> got = new ConcurrentLinkedQueue<>();
    Messaging messaging = lab().open();
    lab().start(messaging, message -> got.add(NatsLab.text(message)));
    Message first = Message.builder(lab().topic).id("same").text("one").build();

    messaging.producer().publish(first);
    messaging.producer().publish(Message.builder(lab().topic).id("same").text("two").build());
    messaging.producer().publish(Message.builder(lab().topic).id("other").text("end").build());

    Eventually.await("the end", () -> got.contains("end"));
    assertThat(got).containsExactly("one", "end");
  }

  @Test
  default void without_dedup_it_is_two_and_the_capability_is_gone() {
    Queue<String> got = new ConcurrentLinkedQueue<>();
    Messaging messaging = lab().open("nats.dedup", "false");
    lab().start(messaging, message -> got.add(NatsLab.text(message)));

    messaging.producer().publish(Message.builder(lab().topic).id("same").text("one").build());
    messaging.producer().publish(Message.builder(lab().topic).id("same").text("two").build());

    Eventually.await("both", () -> got.size() == 2);
    assertThatThrownBy(
            () ->
                messaging
                    .consumer(lab().topic)
                    .group("h")
                    .require(Capability.DEDUP)
                    .handler(message -> {})
                    .build()
                    .start())
        .hasMessageContaining("MSG-CAPABILITY-MISSING");
  }

  @Test
  default void a_new_group_starts_where_it_is_told() throws Exception {
    Messaging messaging = lab().open();
    messaging.topology().declareTopic(lab().topic);
    messaging.producer().publish(lab().message("old"));
    Instant between = Instant.now().plusMillis(50);
    Eventually.await("time has passed", () -> Instant.now().isAfter(between));
    messaging.producer().publish(lab().message("new"));
    Queue<String> all = new ConcurrentLinkedQueue<>();
    Queue<String> some = new ConcurrentLinkedQueue<>();
    Queue<String> none = new ConcurrentLinkedQueue<>();

    NatsLab.start(
        messaging
            .consumer(lab().topic)
            .group("all")
            .from(Consumer.EARLIEST)
            .handler(m -> all.add(NatsLab.text(m)))
            .build());
    NatsLab.start(
        messaging
            .consumer(lab().topic)
            .group("some")
            .from(between)
            .handler(m -> some.add(NatsLab.text(m)))
            .build());
    NatsLab.start(
        messaging
            .consumer(lab().topic)
            .group("none")
            .handler(m -> none.add(NatsLab.text(m)))
            .build());
    messaging.producer().publish(lab().message("end"));

    Eventually.await(
        "the end", () -> all.contains("end") && some.contains("end") && none.contains("end"));
    assertThat(all).containsExactly("old", "new", "end");
    assertThat(some).containsExactly("new", "end");
    assertThat(none).containsExactly("end");
  }

  @Test
  default void broadcasts_reach_everybody_and_leave_nothing() throws Exception {
    Messaging messaging = lab().open();
    messaging.topology().declareTopic(lab().topic);
    messaging.producer().publish(lab().message("before"));
    List<Queue<String>> got = new ArrayList<>();
    List<Consumer> consumers = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      Queue<String> mine = new ConcurrentLinkedQueue<>();
      got.add(mine);
      consumers.add(
          NatsLab.start(
              lab()
                  .open()
                  .consumer(lab().topic)
                  .broadcast()
                  .handler(m -> mine.add(NatsLab.text(m)))
                  .build()));
    }

    messaging.producer().publish(lab().message("x"));

    Eventually.await("all three", () -> got.stream().allMatch(mine -> mine.contains("x")));
    assertThat(got).allSatisfy(mine -> assertThat(mine).containsExactly("x"));
    consumers.forEach(consumer -> consumer.stop(Duration.ofSeconds(5)));
    assertThat(
            lab()
                .raw()
                .jetStreamManagement()
                .getConsumerNames(NatsNames.DEFAULT.stream(lab().topic)))
        .isEmpty();
  }

  @Test
  default void requests_are_answered() {
    Messaging server = lab().open();
    NatsLab.start(
        server
            .consumer(lab().topic)
            .group(NatsLab.GROUP)
            .replyHandler(request -> request.reply().text("re " + NatsLab.text(request)).build())
            .build());
    Messaging client = lab().open();

    List<ReceivedMessage> replies =
        IntStream.range(0, 10)
            .mapToObj(
                i -> client.requester().request(lab().message("q" + i), Duration.ofSeconds(10)))
            .map(stage -> stage.toCompletableFuture().join())
            .toList();

    assertThat(replies)
        .extracting(NatsLab::text)
        .containsExactlyElementsOf(IntStream.range(0, 10).mapToObj(i -> "re q" + i).toList());
  }

  /** What the setting says counts for streams that are made, not for those that are there. */
  @ParameterizedTest
  @ValueSource(strings = {"DECLARE", "VERIFY", "NONE"})
  default void a_delay_over_half_of_what_the_stream_keeps_is_refused(String mode) throws Exception {
    lab().keeping(Duration.ofHours(1));
    Producer producer = lab().open("topology.mode", mode).producer();

    producer.publish(lab().delayed("soon", Duration.ofMinutes(29)));
    assertThatThrownBy(() -> producer.publish(lab().delayed("late", Duration.ofMinutes(31))))
        .isInstanceOfSatisfying(
            MessagingException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFIG_INVALID))
        .hasMessageContaining("max_age PT1H");
  }

  /** The limit is that of the stream also where the setting says less. */
  @Test
  default void a_stream_that_keeps_longer_than_the_setting_says_takes_longer_delays()
      throws Exception {
    lab().keeping(Duration.ofDays(30));
    Producer producer = lab().open("topology.mode", "NONE", "nats.max-age", "1h").producer();

    producer.publish(lab().delayed("far", Duration.ofDays(14)));
    assertThatThrownBy(() -> producer.publish(lab().delayed("too far", Duration.ofDays(16))))
        .hasMessageContaining("MSG-CONFIG-INVALID");
  }

  @Test
  default void a_stream_that_is_kept_shorter_than_before_is_seen_after_a_minute() throws Exception {
    lab().keeping(Duration.ofHours(1));
    NatsSpy spy = new NatsSpy();
    Producer producer =
        lab().open(builder -> builder.providers(spy), "topology.mode", "NONE").producer();
    producer.publish(lab().delayed("before", Duration.ofMinutes(29)));
    JetStreamManagement js = lab().raw().jetStreamManagement();
    String stream = js.getStreamNames(lab().topic).get(0);
    js.updateStream(
        StreamConfiguration.builder(js.getStreamInfo(stream).getConfiguration())
            .maxAge(Duration.ofMinutes(10))
            .build());

    producer.publish(lab().delayed("at once", Duration.ofMinutes(29)));
    spy.later.set(Duration.ofSeconds(61));
    assertThatThrownBy(() -> producer.publish(lab().delayed("later", Duration.ofMinutes(29))))
        .hasMessageContaining("max_age PT10M");
  }

  @Test
  default void a_stream_that_keeps_for_ever_takes_any_delay() throws Exception {
    lab().keeping(Duration.ZERO);

    lab()
        .open("topology.mode", "NONE", "nats.max-age", "1h")
        .producer()
        .publish(lab().delayed("far", Duration.ofDays(400)));
  }

  @Test
  default void a_delayed_message_to_a_topic_that_is_not_there_says_so() {
    assertThatThrownBy(
            () -> lab().open().producer().publish(lab().delayed("x", Duration.ofMinutes(1))))
        .hasMessageContaining("MSG-TOPIC-MISSING");
  }

  /** The first ones wait until it is known how long the stream keeps them. */
  @Test
  default void delayed_messages_are_stored_in_the_order_they_were_published() throws Exception {
    lab().keeping(Duration.ofDays(1));
    Producer producer = lab().open("topology.mode", "NONE").producer();

    List<CompletableFuture<Receipt>> receipts =
        IntStream.range(0, 100)
            .mapToObj(
                i ->
                    producer
                        .publishAsync(lab().delayed("m" + i, Duration.ofHours(1)))
                        .toCompletableFuture())
            .toList();

    assertThat(receipts.stream().map(receipt -> receipt.join().position().offset()).toList())
        .containsExactlyElementsOf(LongStream.rangeClosed(1, 100).boxed().toList());
  }
}
