package dev.missive.rabbitmq;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import dev.missive.DeadLetters;
import dev.missive.DeadLetters.Cursor;
import dev.missive.DeadLetters.Letter;
import dev.missive.DeadLetters.RedriveOptions;
import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.RedriveReport;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.Recorder;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** A system of others: a direct exchange, classic queues, names of their own. */
@Tag("broker")
@ParameterizedClass(name = "oldest={0}")
@ValueSource(booleans = {false, true})
final class RabbitForeignTest {
  private static final AMQP.BasicProperties NOTHING = new AMQP.BasicProperties();

  private final Bench bench;
  private final Shop shop;

  RabbitForeignTest(boolean oldest) {
    bench =
        new Bench(
            LiveBrokers.shared(oldest ? Brokers.rabbitmq().withOldest() : Brokers.rabbitmq()));
    shop = new Shop("shop-" + bench.topic);
  }

  /** How the others call things. */
  private static final class Shop extends RabbitNames {
    private final String exchange;

    Shop(String exchange) {
      super(exchange);
      this.exchange = exchange;
    }

    @Override
    public String routingKey(String topic) {
      return "key of " + topic;
    }

    @Override
    public String queue(String topic, String group) {
      return exchange + " " + group;
    }

    @Override
    public String deadLetters(String topic, String group) {
      return exchange + " " + group + " failed";
    }
  }

  @BeforeEach
  void what_the_others_have() throws Exception {
    Channel raw = bench.raw();
    raw.exchangeDeclare(shop.exchange, "direct", false, true, Map.of());
    for (String queue :
        new String[] {shop.queue(bench.topic, "g"), shop.deadLetters(bench.topic, "g")}) {
      raw.queueDeclare(queue, true, false, false, Map.of());
    }
    raw.queueBind(shop.queue(bench.topic, "g"), shop.exchange, shop.routingKey(bench.topic));
  }

  @AfterEach
  void close() throws Exception {
    bench.raw().queueDelete(shop.queue(bench.topic, "g"));
    bench.raw().queueDelete(shop.deadLetters(bench.topic, "g"));
    bench.close();
  }

  @Test
  void queues_of_others_are_joined_as_they_are() throws Exception {
    Messaging messaging = bench.open(shop, Map.of("topology.mode", "NONE"));
    Recorder recorder =
        new Recorder(
            message -> {
              if (new String(message.payload(), UTF_8).equals("bad")) {
                throw new IllegalStateException("cannot be read");
              }
            });
    bench.start(messaging, bench.topic, "g", recorder, builder -> builder);

    bench
        .raw()
        .basicPublish(shop.exchange, shop.routingKey(bench.topic), NOTHING, "good".getBytes(UTF_8));
    bench
        .raw()
        .basicPublish(shop.exchange, shop.routingKey(bench.topic), NOTHING, "bad".getBytes(UTF_8));
    messaging.producer().publish(Message.builder(bench.topic).text("ours").build());

    // Once each of those that can be handled, three attempts of the other.
    recorder.await(5);
    assertThat(recorder.texts()).containsExactlyInAnyOrder("good", "bad", "bad", "bad", "ours");
    Eventually.await("its dead letter", () -> messaging.deadLetters().count(bench.topic, "g") == 1);
    assertThat(bench.get(shop.deadLetters(bench.topic, "g")).getBody())
        .isEqualTo("bad".getBytes(UTF_8));
  }

  @Test
  void letters_of_others_in_a_shared_queue_are_shown_and_go_only_where_they_are_sent()
      throws Exception {
    String letters = shop.deadLetters(bench.topic, "g");
    String others = shop.queue(bench.topic, "others");
    Map<String, Object> shared =
        Map.of("x-dead-letter-exchange", "", "x-dead-letter-routing-key", letters);
    var expiring = new AMQP.BasicProperties.Builder().expiration("1").build();
    bench.raw().queueDeclare(others, false, true, true, shared);
    bench.raw().basicPublish("", others, expiring, "moved there".getBytes(UTF_8));
    bench.raw().basicPublish("", letters, NOTHING, "put there".getBytes(UTF_8));
    Messaging messaging = bench.open(shop, Map.of("topology.mode", "NONE"));
    Recorder recorder = new Recorder();
    bench.start(messaging, bench.topic, "g", recorder, builder -> builder);
    DeadLetters dead = messaging.deadLetters();
    Eventually.await("two letters", () -> dead.count(bench.topic, "g") == 2);

    try (Cursor cursor = dead.open(bench.topic, "g")) {
      List<Letter> page = cursor.next(10);
      assertThat(page)
          .extracting(letter -> new String(letter.message().payload(), UTF_8))
          .containsExactlyInAnyOrder("moved there", "put there");
      assertThat(page)
          .allSatisfy(
              letter -> {
                assertThat(letter.topic()).isNull();
                assertThat(letter.group()).isNull();
                assertThat(letter.reason()).isNull();
              });
    }
    try (Cursor cursor = dead.open(bench.topic, "g")) {
      RedriveReport report = cursor.redrive(RedriveOptions.all());
      assertThat(report.redriven()).isZero();
      assertThat(report.foreign()).isEqualTo(2);
    }
    try (Cursor cursor = dead.open(bench.topic, "g")) {
      RedriveOptions here = RedriveOptions.all().foreignTo(bench.topic, "g");
      assertThat(cursor.redrive(here).redriven()).isEqualTo(2);
    }
    recorder.await(2);
    assertThat(recorder.texts()).containsExactlyInAnyOrder("moved there", "put there");
    Eventually.await("no letter", () -> dead.count(bench.topic, "g") == 0);
  }

  @Test
  void verifying_tells_what_differs_and_changes_nothing() throws Exception {
    Messaging messaging = bench.open(shop, Map.of("topology.mode", "VERIFY"));
    var consumer = messaging.consumer(bench.topic).group("g").handler(message -> {}).build();

    assertThatThrownBy(consumer::start)
        .isInstanceOfSatisfying(
            MessagingException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.TOPOLOGY_MISMATCH);
              assertThat(e.getMessage()).contains(shop.queue(bench.topic, "g"), "x-queue-type");
            });
    // Still there, and still classic.
    bench.raw().queueDeclare(shop.queue(bench.topic, "g"), true, false, false, Map.of());
  }

  @Test
  void verifying_accepts_what_was_declared_as_wanted_and_declares_nothing_itself() {
    String topic = bench.topic + ".verified";
    Messaging verifying = bench.open(Map.of("topology.mode", "VERIFY"));
    Recorder recorder = new Recorder();
    var early = verifying.consumer(topic).group("g").handler(recorder).build();
    assertThatThrownBy(early::start)
        .isInstanceOfSatisfying(
            MessagingException.class,
            e -> assertThat(e.code()).isIn(ErrorCode.TOPOLOGY_MISMATCH, ErrorCode.TOPIC_MISSING));

    bench.messaging().topology().declare(topic, "g");
    bench.start(verifying, topic, "g", recorder, builder -> builder);

    verifying.producer().publish(Message.builder(topic).text("x").build());
    assertThat(recorder.await(1).get(0).text()).isEqualTo("x");
  }

  @Test
  void a_queue_that_is_not_there_is_named() {
    Messaging messaging = bench.open(shop, Map.of("topology.mode", "NONE"));
    var consumer = messaging.consumer(bench.topic).group("nobody").handler(m -> {}).build();

    assertThatThrownBy(
            () -> {
              consumer.start();
              Bench.ready(consumer);
            })
        .hasStackTraceContaining("MSG-TOPIC-MISSING")
        .hasStackTraceContaining(shop.queue(bench.topic, "nobody"));
  }
}
