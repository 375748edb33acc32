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
import dev.missive.Handler;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.NotRetryableException;
import dev.missive.RedriveReport;
import dev.missive.Topology;
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
import org.junit.jupiter.params.provider.MethodSource;

/** A system of others: a direct exchange, classic queues, names of their own. */
@Tag("broker")
@ParameterizedClass(name = "oldest={0}")
@MethodSource("dev.missive.rabbitmq.Versions#oldest")
final class RabbitForeignTest {
  private static final AMQP.BasicProperties NOTHING = new AMQP.BasicProperties();

  private final RabbitLab lab;
  private final Shop shop;

  RabbitForeignTest(boolean oldest) {
    lab =
        new RabbitLab(
            LiveBrokers.shared(oldest ? Brokers.rabbitmq().withOldest() : Brokers.rabbitmq()));
    shop = new Shop("shop-" + lab.topic);
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
    // Whoever joins needs the delay queues, which somebody has made.
    lab.messaging().topology().apply(Topology.Plan.empty());
    Channel raw = lab.raw();
    raw.exchangeDeclare(shop.exchange, "direct", false, true, Map.of());
    for (String queue :
        new String[] {shop.queue(lab.topic, "g"), shop.deadLetters(lab.topic, "g")}) {
      raw.queueDeclare(queue, true, false, false, Map.of());
    }
    raw.queueBind(shop.queue(lab.topic, "g"), shop.exchange, shop.routingKey(lab.topic));
  }

  @AfterEach
  void close() throws Exception {
    lab.raw().queueDelete(shop.queue(lab.topic, "g"));
    lab.raw().queueDelete(shop.deadLetters(lab.topic, "g"));
    lab.close();
  }

  @Test
  void queues_of_others_are_joined_as_they_are() throws Exception {
    Messaging messaging = lab.open(shop, Map.of("topology.mode", "NONE"));
    Recorder recorder =
        new Recorder(
            message -> {
              if (new String(message.payload(), UTF_8).equals("bad")) {
                throw new IllegalStateException("cannot be read");
              }
            });
    lab.start(messaging, lab.topic, "g", recorder, builder -> builder);

    lab.raw()
        .basicPublish(shop.exchange, shop.routingKey(lab.topic), NOTHING, "good".getBytes(UTF_8));
    lab.raw()
        .basicPublish(shop.exchange, shop.routingKey(lab.topic), NOTHING, "bad".getBytes(UTF_8));
    messaging.producer().publish(Message.builder(lab.topic).text("ours").build());

    // Once each of those that can be handled, three attempts of the other.
    recorder.await(5);
    assertThat(recorder.texts()).containsExactlyInAnyOrder("good", "bad", "bad", "bad", "ours");
    Eventually.await("its dead letter", () -> messaging.deadLetters().count(lab.topic, "g") == 1);
    assertThat(lab.get(shop.deadLetters(lab.topic, "g")).getBody())
        .isEqualTo("bad".getBytes(UTF_8));
  }

  @Test
  void letters_of_others_in_a_shared_queue_are_shown_and_go_only_where_they_are_sent()
      throws Exception {
    String letters = shop.deadLetters(lab.topic, "g");
    String others = shop.queue(lab.topic, "others");
    Map<String, Object> shared =
        Map.of("x-dead-letter-exchange", "", "x-dead-letter-routing-key", letters);
    var expiring = new AMQP.BasicProperties.Builder().expiration("1").build();
    lab.raw().queueDeclare(others, false, true, true, shared);
    lab.raw().basicPublish("", others, expiring, "moved there".getBytes(UTF_8));
    lab.raw().basicPublish("", letters, NOTHING, "put there".getBytes(UTF_8));
    Messaging messaging = lab.open(shop, Map.of("topology.mode", "NONE"));
    Recorder recorder = new Recorder();
    lab.start(messaging, lab.topic, "g", recorder, builder -> builder);
    DeadLetters dead = messaging.deadLetters();
    Eventually.await("two letters", () -> dead.count(lab.topic, "g") == 2);

    try (Cursor cursor = dead.open(lab.topic, "g")) {
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
    try (Cursor cursor = dead.open(lab.topic, "g")) {
      RedriveReport report = cursor.redrive(RedriveOptions.all());
      assertThat(report.redriven()).isZero();
      assertThat(report.foreign()).isEqualTo(2);
    }
    try (Cursor cursor = dead.open(lab.topic, "g")) {
      RedriveOptions here = RedriveOptions.all().foreignTo(lab.topic, "g");
      assertThat(cursor.redrive(here).redriven()).isEqualTo(2);
    }
    recorder.await(2);
    assertThat(recorder.texts()).containsExactlyInAnyOrder("moved there", "put there");
    Eventually.await("no letter", () -> dead.count(lab.topic, "g") == 0);
  }

  @Test
  void letters_of_groups_that_share_an_address_go_each_to_the_group_that_failed() {
    String address = lab.topic + ".letters";
    RabbitNames names =
        new RabbitNames("missive.topics") {
          @Override
          public String deadLetters(String topic, String group) {
            return address;
          }
        };
    Messaging messaging = lab.open(names, Map.of());
    boolean[] broken = {true};
    Handler handler =
        message -> {
          if (broken[0]) {
            throw new NotRetryableException("broken");
          }
        };
    Recorder billing = new Recorder(handler);
    Recorder audit = new Recorder(handler);
    lab.start(messaging, lab.topic, "billing", billing, builder -> builder);
    lab.start(messaging, lab.topic, "audit", audit, builder -> builder);
    DeadLetters dead = messaging.deadLetters();
    String id = lab.publish(messaging, "x");
    Eventually.await("a letter of each", () -> dead.count(lab.topic, "billing") == 2);
    broken[0] = false;

    try (Cursor cursor = dead.open(lab.topic, "billing")) {
      List<Letter> letters = cursor.next(10);
      assertThat(letters).extracting(Letter::group).containsExactlyInAnyOrder("billing", "audit");
      cursor.redrive(
          letters.stream()
              .filter(letter -> "audit".equals(letter.group()))
              .findAny()
              .orElseThrow());
    }
    assertThat(audit.await(2)).extracting(Recorder.Run::id).containsExactly(id, id);
    assertThat(billing.runs()).hasSize(1);
    assertThat(dead.count(lab.topic, "audit")).isEqualTo(1);

    try (Cursor cursor = dead.open(lab.topic, "audit")) {
      assertThat(cursor.redrive(RedriveOptions.all()).redriven()).isEqualTo(1);
    }
    assertThat(billing.await(2)).extracting(Recorder.Run::id).containsExactly(id, id);
    assertThat(audit.runs()).hasSize(2);
    assertThat(dead.count(lab.topic, "audit")).isZero();
  }

  @Test
  void verifying_tells_what_differs_and_changes_nothing() throws Exception {
    Messaging messaging = lab.open(shop, Map.of("topology.mode", "VERIFY"));
    var consumer = messaging.consumer(lab.topic).group("g").handler(message -> {}).build();

    assertThatThrownBy(consumer::start)
        .isInstanceOfSatisfying(
            MessagingException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.TOPOLOGY_MISMATCH);
              assertThat(e.getMessage()).contains(shop.queue(lab.topic, "g"), "x-queue-type");
            });
    // Still there, and still classic.
    lab.raw().queueDeclare(shop.queue(lab.topic, "g"), true, false, false, Map.of());
  }

  @Test
  void verifying_accepts_what_was_declared_as_wanted_and_declares_nothing_itself() {
    String topic = lab.topic + ".verified";
    Messaging verifying = lab.open(Map.of("topology.mode", "VERIFY"));
    Recorder recorder = new Recorder();
    var early = verifying.consumer(topic).group("g").handler(recorder).build();
    assertThatThrownBy(early::start)
        .isInstanceOfSatisfying(
            MessagingException.class,
            e -> assertThat(e.code()).isIn(ErrorCode.TOPOLOGY_MISMATCH, ErrorCode.TOPIC_MISSING));

    lab.messaging().topology().declare(topic, "g");
    lab.start(verifying, topic, "g", recorder, builder -> builder);

    verifying.producer().publish(Message.builder(topic).text("x").build());
    assertThat(recorder.await(1).get(0).text()).isEqualTo("x");
  }

  @Test
  void a_queue_that_is_not_there_is_named() {
    Messaging messaging = lab.open(shop, Map.of("topology.mode", "NONE"));
    var consumer = messaging.consumer(lab.topic).group("nobody").handler(m -> {}).build();

    assertThatThrownBy(
            () -> {
              consumer.start();
              RabbitLab.ready(consumer);
            })
        .hasStackTraceContaining("MSG-TOPIC-MISSING")
        .hasStackTraceContaining(shop.queue(lab.topic, "nobody"));
  }
}
