package dev.missive.rabbitmq;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.rabbitmq.client.AMQP;
import dev.missive.DeadLetters;
import dev.missive.DeadLetters.Cursor;
import dev.missive.DeadLetters.Letter;
import dev.missive.DeadLetters.RedriveOptions;
import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.NotRetryableException;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.Recorder;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Retries, delays and dead letters on the newest and on the oldest broker. */
@Tag("broker")
@ParameterizedClass(name = "oldest={0}")
@MethodSource("dev.missive.rabbitmq.Versions#oldest")
final class RabbitWaitingTest {
  private final LiveBroker broker;
  private final RabbitLab lab;

  RabbitWaitingTest(boolean oldest) {
    broker = LiveBrokers.shared(oldest ? Brokers.rabbitmq().withOldest() : Brokers.rabbitmq());
    lab = new RabbitLab(broker);
  }

  @AfterEach
  void close() throws Exception {
    lab.close();
  }

  @Test
  void retries_wait_at_the_broker_reach_only_the_failing_group_and_keep_the_message() {
    List<Long> times = new CopyOnWriteArrayList<>();
    Recorder failing =
        new Recorder(
            message -> {
              times.add(System.nanoTime());
              if (message.attempt() < 3) {
                throw new IllegalStateException("fails");
              }
            });
    Recorder other = new Recorder();
    lab.start("other", other);
    lab.start(
        lab.messaging(),
        lab.topic,
        "failing",
        failing,
        builder ->
            builder.retry(
                dev.missive.RetryPolicy.exponential(Duration.ofSeconds(2), Duration.ofSeconds(2))));

    String id =
        lab.messaging()
            .producer()
            .publish(Message.builder(lab.topic).key("k").text("x").header("h", "v").build())
            .id();

    List<Recorder.Run> runs = failing.await(3);
    assertThat(runs).extracting(Recorder.Run::attempt).containsExactly(1, 2, 3);
    assertThat(runs)
        .allSatisfy(
            run -> {
              assertThat(run.id()).isEqualTo(id);
              assertThat(run.key()).isEqualTo("k");
              assertThat(run.headers()).containsEntry("h", "v");
            });
    assertThat(times.get(1) - times.get(0)).isGreaterThanOrEqualTo(2_000_000_000L);
    assertThat(times.get(2) - times.get(1)).isGreaterThanOrEqualTo(2_000_000_000L);
    String sentinel = lab.publish("sentinel");
    other.await(run -> run.id().equals(sentinel));
    assertThat(other.ids()).containsExactly(id, sentinel);
  }

  @Test
  void dead_letters_are_peeked_more_often_than_any_limit_and_redriven_to_their_group() {
    boolean[] broken = {true};
    Recorder billing =
        new Recorder(
            message -> {
              if (broken[0]) {
                throw new NotRetryableException("broken");
              }
            });
    Recorder audit = new Recorder();
    lab.start("billing", billing);
    lab.start("audit", audit);
    for (int i = 0; i < 3; i++) {
      lab.publish("letter " + i);
    }
    DeadLetters letters = lab.messaging().deadLetters();
    Eventually.await("three letters", () -> letters.count(lab.topic, "billing") == 3);

    for (int peek = 0; peek < 25; peek++) {
      try (Cursor cursor = letters.open(lab.topic, "billing")) {
        List<Letter> page = cursor.next(2);
        assertThat(page).hasSize(2);
        assertThat(cursor.next(10)).hasSize(1);
        assertThat(page.get(0).reason()).isEqualTo(DeadLetters.Reason.NOT_RETRYABLE);
        assertThat(page.get(0).topic()).isEqualTo(lab.topic);
        try (Cursor second = letters.open(lab.topic, "billing")) {
          assertThat(second.next(1)).isEmpty();
        }
      }
    }
    broken[0] = false;
    try (Cursor cursor = letters.open(lab.topic, "billing")) {
      assertThat(cursor.redrive(RedriveOptions.all()).redriven()).isEqualTo(3);
    }
    billing.await(6);
    assertThat(audit.runs()).hasSize(3);
    assertThat(letters.count(lab.topic, "billing")).isZero();
  }

  @Test
  void delayed_messages_reach_nobody_whom_they_would_not_reach_at_once() {
    Messaging other = lab.open(Map.of("rabbitmq.exchange", lab.topic + ".other"));
    Recorder here = new Recorder();
    Recorder elsewhere = new Recorder();
    Recorder shorter = new Recorder();
    String longer = "x." + lab.topic;
    lab.start(lab.messaging(), longer, "here", here, builder -> builder);
    lab.start(other, longer, "elsewhere", elsewhere, builder -> builder);
    lab.start(lab.messaging(), lab.topic, "shorter", shorter, builder -> builder);

    String first = delayed(lab.messaging(), longer, 1);
    String second = delayed(other, longer, 3);
    String third = delayed(lab.messaging(), lab.topic, 3);

    here.await(1);
    elsewhere.await(1);
    shorter.await(1);
    assertThat(here.ids()).containsExactly(first);
    assertThat(elsewhere.ids()).containsExactly(second);
    assertThat(shorter.ids()).containsExactly(third);
  }

  private static String delayed(Messaging with, String topic, int seconds) {
    return with.producer()
        .publish(Message.builder(topic).text("x").delay(Duration.ofSeconds(seconds)).build())
        .id();
  }

  @Test
  void names_that_leave_no_room_for_a_delay_are_refused_before_anything_is_made() {
    String exchange = "e".repeat(190);
    Messaging messaging = lab.open(Map.of("rabbitmq.exchange", exchange));

    assertThatThrownBy(() -> messaging.topology().declare(lab.topic, "g"))
        .isInstanceOfSatisfying(
            MessagingException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NAME_INVALID))
        .hasMessageContaining("199 bytes");
    assertThatThrownBy(() -> lab.raw().exchangeDeclarePassive(exchange))
        .hasStackTraceContaining("NOT_FOUND");
  }

  @Test
  void what_the_broker_gave_up_on_is_shown_and_its_copy_is_no_cycle() throws Exception {
    lab.messaging().topology().declare(lab.topic, "g");
    String queue = lab.topic + ".g";
    Instant began = Instant.now();
    String id = lab.publish("kills its consumers");
    DeadLetters dead = lab.messaging().deadLetters();
    Eventually.await(
        "consumers that die until the broker gives up",
        Duration.ofSeconds(60),
        () -> {
          try {
            if (lab.raw().basicGet(queue, false) != null) {
              lab.raw().close();
            }
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
          return dead.count(lab.topic, "g") == 1;
        });

    try (Cursor cursor = dead.open(lab.topic, "g")) {
      Letter letter = cursor.next(1).get(0);
      assertThat(letter.reason()).isEqualTo(DeadLetters.Reason.CRASH_LIMIT);
      // The broker writes whole seconds.
      assertThat(letter.at()).isBetween(began.minusSeconds(1), Instant.now());
      assertThat(letter.count()).isEqualTo(1);
      assertThat(letter.topic()).isEqualTo(lab.topic);
      assertThat(letter.group()).isEqualTo("g");
      assertThat(letter.message().headers().keySet()).noneMatch(name -> name.startsWith("x-"));
      cursor.redrive(letter);
    }
    Recorder recorder = new Recorder();
    lab.start("g", recorder);
    assertThat(recorder.await(1).get(0).id()).isEqualTo(id);
  }

  /** Its queue's routing key is not its topic, and its topic is not that of its group. */
  @Test
  void what_the_broker_moved_away_itself_goes_back_to_the_group_of_its_pattern() throws Exception {
    String pattern = lab.topic + ".*";
    String topic = lab.topic + ".eu";
    lab.messaging().topology().declare(pattern, "g");
    var expiring = new AMQP.BasicProperties.Builder().expiration("1").build();
    lab.raw().basicPublish("missive.topics", topic, expiring, "from abroad".getBytes(UTF_8));
    DeadLetters dead = lab.messaging().deadLetters();
    Eventually.await("its dead letter", () -> dead.count(pattern, "g") == 1);

    try (Cursor cursor = dead.open(pattern, "g")) {
      Letter letter = cursor.next(1).get(0);
      assertThat(letter.reason()).isEqualTo(DeadLetters.Reason.EXPIRED);
      assertThat(letter.topic()).isEqualTo(pattern);
      assertThat(letter.group()).isEqualTo("g");
      assertThat(letter.message().topic()).isEqualTo(topic);
      cursor.redrive(letter);
    }
    Recorder recorder = new Recorder();
    lab.start(lab.messaging(), pattern, "g", recorder, builder -> builder);
    Recorder.Run run = recorder.await(1).get(0);
    assertThat(run.text()).isEqualTo("from abroad");
    assertThat(run.topic()).isEqualTo(topic);
  }

  @Test
  void delayed_messages_wait_for_topics_and_patterns_and_never_come_early() {
    Recorder exact = new Recorder();
    Recorder pattern = new Recorder();
    Map<String, Long> arrived = new ConcurrentHashMap<>();
    String first = lab.topic + ".eu.orders";
    lab.start(lab.messaging(), first, "exact", exact, builder -> builder);
    lab.start(
        lab.messaging(),
        lab.topic + ".*.orders",
        "pattern",
        message -> {
          arrived.put(message.id(), System.nanoTime());
          pattern.handle(message);
        },
        builder -> builder);
    long began = System.nanoTime();

    for (int seconds : new int[] {3, 1, 2}) {
      lab.messaging()
          .producer()
          .publish(
              Message.builder(first)
                  .id("after-" + seconds)
                  .text("x")
                  .delay(Duration.ofSeconds(seconds))
                  .build());
    }

    pattern.await(3);
    exact.await(3);
    assertThat(pattern.ids()).containsExactly("after-1", "after-2", "after-3");
    assertThat(pattern.runs()).allMatch(run -> run.topic().equals(first));
    for (int seconds = 1; seconds <= 3; seconds++) {
      long waited = arrived.get("after-" + seconds) - began;
      assertThat(waited)
          .isBetween(
              TimeUnit.SECONDS.toNanos(seconds),
              TimeUnit.MILLISECONDS.toNanos(seconds * 1000 + 15_000));
    }
  }

  @Test
  void a_delayed_message_whose_group_is_gone_is_kept_and_shown() throws Exception {
    lab.messaging().topology().declare(lab.topic, "g");
    lab.messaging().topology().declare(lab.topic, "other");
    lab.raw().queuePurge(DelayCascade.UNROUTED);
    assertThat(unrouted()).isEmpty();
    String id =
        lab.messaging()
            .producer()
            .publish(Message.builder(lab.topic).text("x").delay(Duration.ofSeconds(15)).build())
            .id();
    lab.raw().queueDelete(lab.topic + ".g");
    lab.raw()
        .queueUnbind(
            lab.topic + ".other",
            DelayCascade.DUE,
            "*.".repeat(28) + DelayCascade.topicAddress("missive.topics", lab.topic));

    Eventually.await("the warning", Duration.ofSeconds(90), () -> unrouted().size() == 1);
    assertThat(lab.get(DelayCascade.UNROUTED).getProps().getMessageId()).isEqualTo(id);
  }

  private List<String> unrouted() {
    return lab.messaging().topology().depth(lab.topic, "other").warnings().stream()
        .filter(warning -> warning.contains(DelayCascade.UNROUTED))
        .toList();
  }
}
