package dev.missive.rabbitmq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.PublishException;
import dev.missive.PublishException.Outcome;
import dev.missive.Receipt;
import dev.missive.testkit.Recorder;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Publishes that fail among others that do not, on the newest and on the oldest broker. */
@Tag("broker")
@ParameterizedClass(name = "oldest={0}")
@MethodSource("dev.missive.rabbitmq.Versions#oldest")
final class RabbitPublishingTest {
  private static final String EXCHANGE = "missive.topics";

  private final RabbitLab lab;

  RabbitPublishingTest(boolean oldest) {
    lab =
        new RabbitLab(
            LiveBrokers.shared(oldest ? Brokers.rabbitmq().withOldest() : Brokers.rabbitmq()));
  }

  @AfterEach
  void close() throws Exception {
    lab.close();
  }

  /** Some routing keys no client can write. */
  private static final class TooLong extends RabbitNames {
    TooLong() {
      super(EXCHANGE);
    }

    @Override
    public String routingKey(String topic) {
      return topic.endsWith(".long") ? "x".repeat(300) : super.routingKey(topic);
    }
  }

  /** The client counts what it could not write: from then on its numbers are not the broker's. */
  @Test
  void what_the_client_cannot_write_fails_alone_and_no_other_gets_its_answer() {
    Messaging messaging = lab.open(new TooLong(), Map.of());
    Recorder recorder = new Recorder();
    lab.start(messaging, lab.topic, "g", recorder, builder -> builder);

    Set<CompletableFuture<Receipt>> good = new HashSet<>();
    Set<CompletableFuture<Receipt>> unwritable = new HashSet<>();
    Set<CompletableFuture<Receipt>> unroutable = new HashSet<>();
    for (int i = 0; i < 300; i++) {
      good.add(publish(messaging, lab.topic));
      if (i % 100 == 50) {
        unwritable.add(publish(messaging, lab.topic + ".long"));
        unroutable.add(publish(messaging, "nobody." + lab.topic));
      }
    }

    Set<String> stored = new HashSet<>();
    good.forEach(receipt -> stored.add(receipt.join().id()));
    assertThat(unwritable)
        .allSatisfy(
            receipt -> {
              assertThat(failure(receipt).code()).isEqualTo(ErrorCode.INTERNAL);
              assertThat(failure(receipt).outcome()).isEqualTo(Outcome.NOT_STORED);
            });
    assertThat(unroutable)
        .allSatisfy(receipt -> assertThat(failure(receipt).code()).isEqualTo(ErrorCode.UNROUTABLE));
    String last = messaging.producer().publish(Message.of(lab.topic, new byte[1])).id();
    recorder.await(run -> run.id().equals(last));
    assertThat(recorder.ids()).containsAll(stored);
  }

  @Test
  void a_refusal_of_one_queue_is_unknown_because_the_other_groups_have_the_message()
      throws Exception {
    Recorder recorder = new Recorder();
    lab.start("g", recorder);
    String full = "full of " + lab.topic;
    Map<String, Object> limit = Map.of("x-max-length", 1, "x-overflow", "reject-publish");
    lab.raw().queueDeclare(full, false, true, true, limit);
    lab.raw().queueBind(full, EXCHANGE, lab.topic);
    lab.publish("fills it");
    Message refused = Message.builder(lab.topic).text("refused").build();

    assertThatThrownBy(() -> lab.messaging().producer().publish(refused))
        .isInstanceOfSatisfying(
            PublishException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.PUBLISH_REJECTED);
              assertThat(e.outcome()).isEqualTo(Outcome.UNKNOWN);
            });

    lab.raw().queuePurge(full);
    String after = lab.publish("after");
    recorder.await(run -> run.id().equals(after));
    assertThat(recorder.runs())
        .filteredOn(run -> run.text().equals("refused"))
        // Once, and sent again three times.
        .hasSize(4)
        .allMatch(run -> run.id().equals(refused.id()));
  }

  @Test
  void what_is_over_the_limit_of_the_adapter_is_not_sent() {
    Messaging messaging = lab.open(Map.of("rabbitmq.max-bytes", "1000"));
    Recorder recorder = new Recorder();
    lab.start(messaging, lab.topic, "g", recorder, builder -> builder);

    PublishException failure = failure(publish(messaging, lab.topic, 1001));

    assertThat(failure.code()).isEqualTo(ErrorCode.TOO_LARGE);
    assertThat(failure.outcome()).isEqualTo(Outcome.NOT_STORED);
    assertThat(failure).hasMessageContaining("the limit of rabbitmq is 1000");
    String fits = publish(messaging, lab.topic, 1000).join().id();
    recorder.await(run -> run.id().equals(fits));
    assertThat(recorder.ids()).containsExactly(fits);
  }

  @Test
  void a_delay_beyond_the_delay_queues_is_refused() {
    lab.start("g", new Recorder());
    Message far =
        Message.builder(lab.topic).text("far").delay(Duration.ofSeconds(1L << 28)).build();

    assertThatThrownBy(() -> lab.messaging().producer().publish(far))
        .isInstanceOfSatisfying(
            PublishException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.CONFIG_INVALID);
              assertThat(e.outcome()).isEqualTo(Outcome.NOT_STORED);
            });

    lab.publish("the channel stands");
  }

  @Test
  void a_window_of_5000_is_filled_and_every_message_has_its_answer() {
    Messaging messaging = lab.open(Map.of("producer.window", "5000"));
    Recorder recorder = new Recorder();
    lab.start(messaging, lab.topic, "g", recorder, builder -> builder);

    Set<CompletableFuture<Receipt>> receipts = new HashSet<>();
    for (int i = 0; i < 5000; i++) {
      receipts.add(publish(messaging, lab.topic));
    }

    Set<String> stored = new HashSet<>();
    receipts.forEach(receipt -> stored.add(receipt.join().id()));
    assertThat(stored).hasSize(5000);
    recorder.await(5000);
    assertThat(recorder.ids()).containsExactlyInAnyOrderElementsOf(stored);
  }

  private static CompletableFuture<Receipt> publish(Messaging messaging, String topic) {
    return publish(messaging, topic, 1);
  }

  private static CompletableFuture<Receipt> publish(Messaging messaging, String topic, int size) {
    return messaging
        .producer()
        .publishAsync(Message.of(topic, new byte[size]))
        .toCompletableFuture()
        .orTimeout(120, TimeUnit.SECONDS);
  }

  private static PublishException failure(CompletableFuture<Receipt> receipt) {
    try {
      throw new AssertionError("stored: " + receipt.join());
    } catch (CompletionException e) {
      return (PublishException) e.getCause();
    }
  }
}
