package dev.missive.rabbitmq;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.BasicProperties;
import com.rabbitmq.client.GetResponse;
import dev.missive.NotRetryableException;
import dev.missive.RetryPolicy;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.Recorder;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** What others may put into headers, and what becomes of it in our copies. */
@Tag("broker")
@ParameterizedClass(name = "oldest={0}")
@MethodSource("dev.missive.rabbitmq.Versions#oldest")
final class RabbitForeignHeadersTest {
  private static final Duration PATIENCE = Duration.ofSeconds(180);

  private final RabbitLab lab;

  RabbitForeignHeadersTest(boolean oldest) {
    lab =
        new RabbitLab(
            LiveBrokers.shared(oldest ? Brokers.rabbitmq().withOldest() : Brokers.rabbitmq()));
  }

  @AfterEach
  void close() throws Exception {
    lab.close();
  }

  /** The broker routes by these headers, on the default exchange to the queue of that name. */
  @Test
  void a_copy_goes_to_nobody_whom_a_CC_of_others_names() throws Exception {
    String named = "named by CC of " + lab.topic;
    lab.raw().queueDeclare(named, false, true, true, Map.of());
    lab.start(
        "g",
        message -> {
          throw new NotRetryableException("cannot be handled");
        });

    // Nothing is bound to that key on the exchange of the topics.
    publish(Map.of("CC", List.of(named)));

    Eventually.await(
        "its dead letter",
        PATIENCE,
        () -> lab.messaging().deadLetters().count(lab.topic, "g") == 1);
    GetResponse letter = lab.get(lab.topic + ".g.dlq");
    assertThat(letter.getProps().getHeaders()).doesNotContainKeys("CC", "BCC");
    assertThat(lab.raw().messageCount(named)).isZero();
  }

  /**
   * A property holds 255 bytes, a header more; a copy that cannot be written is written for ever.
   */
  @Test
  void a_type_in_a_header_may_be_longer_than_a_property() throws Exception {
    String type = "ö".repeat(200);
    Recorder recorder =
        new Recorder(
            message -> {
              if (message.attempt() == 1) {
                throw new IllegalStateException("once");
              }
            });
    // So long that it waits at the broker, as a copy.
    RetryPolicy retry = RetryPolicy.exponential(Duration.ofSeconds(2), Duration.ofSeconds(2));
    lab.start(lab.messaging(), lab.topic, "g", recorder, builder -> builder.retry(retry));

    publish(Map.of("type", type));

    Eventually.await("its second run", PATIENCE, () -> recorder.runs().size() >= 2);
    assertThat(recorder.runs()).extracting(Recorder.Run::type).containsExactly(type, type);
    assertThat(recorder.runs().get(1).headers()).containsEntry("type", type);
  }

  @Test
  void what_a_header_of_ours_cannot_hold_is_there_for_whoever_asks_for_the_original()
      throws Exception {
    CompletableFuture<Map<String, Object>> seen = new CompletableFuture<>();
    CompletableFuture<Boolean> foreign = new CompletableFuture<>();
    lab.start(
        "g",
        message -> {
          seen.complete(message.unwrap(BasicProperties.class).orElseThrow().getHeaders());
          foreign.complete(message.unwrap(String.class).isPresent());
        });
    Map<String, Object> headers = new HashMap<>(Map.of("numbers", List.of(1, 2)));
    headers.put("nothing", null);

    publish(headers);

    assertThat(seen.get(PATIENCE.toSeconds(), TimeUnit.SECONDS))
        .containsEntry("nothing", null)
        .containsEntry("numbers", List.of(1, 2));
    assertThat(foreign.get(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isFalse();
  }

  private void publish(Map<String, Object> headers) throws Exception {
    AMQP.BasicProperties properties = new AMQP.BasicProperties.Builder().headers(headers).build();
    lab.raw().basicPublish("missive.topics", lab.topic, properties, "x".getBytes(UTF_8));
  }
}
