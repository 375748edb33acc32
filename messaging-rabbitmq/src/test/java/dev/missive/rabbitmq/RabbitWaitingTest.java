package dev.missive.rabbitmq;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP;
import dev.missive.DeadLetters;
import dev.missive.DeadLetters.Cursor;
import dev.missive.DeadLetters.Letter;
import dev.missive.DeadLetters.RedriveOptions;
import dev.missive.Message;
import dev.missive.NotRetryableException;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.Recorder;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Retries, delays and dead letters on the newest and on the oldest broker. */
@Tag("broker")
@ParameterizedClass(name = "oldest={0}")
@ValueSource(booleans = {false, true})
final class RabbitWaitingTest {
  private final LiveBroker broker;
  private final Bench bench;

  RabbitWaitingTest(boolean oldest) {
    broker = LiveBrokers.shared(oldest ? Brokers.rabbitmq().withOldest() : Brokers.rabbitmq());
    bench = new Bench(broker);
  }

  @AfterEach
  void close() throws Exception {
    bench.close();
  }

  @Test
  void retries_wait_at_the_broker_reach_only_the_failing_group_and_keep_the_message() {
    List<Long> times = new java.util.concurrent.CopyOnWriteArrayList<>();
    Recorder failing =
        new Recorder(
            message -> {
              times.add(System.nanoTime());
              if (message.attempt() < 3) {
                throw new IllegalStateException("fails");
              }
            });
    Recorder other = new Recorder();
    bench.start("other", other);
    bench.start(
        bench.messaging(),
        bench.topic,
        "failing",
        failing,
        builder ->
            builder.retry(
                dev.missive.RetryPolicy.exponential(Duration.ofSeconds(2), Duration.ofSeconds(2))));

    String id =
        bench
            .messaging()
            .producer()
            .publish(Message.builder(bench.topic).key("k").text("x").header("h", "v").build())
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
    String sentinel = bench.publish("sentinel");
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
    bench.start("billing", billing);
    bench.start("audit", audit);
    for (int i = 0; i < 3; i++) {
      bench.publish("letter " + i);
    }
    DeadLetters letters = bench.messaging().deadLetters();
    Eventually.await("three letters", () -> letters.count(bench.topic, "billing") == 3);

    for (int peek = 0; peek < 25; peek++) {
      try (Cursor cursor = letters.open(bench.topic, "billing")) {
        List<Letter> page = cursor.next(2);
        assertThat(page).hasSize(2);
        assertThat(cursor.next(10)).hasSize(1);
        assertThat(page.get(0).reason()).isEqualTo(DeadLetters.Reason.NOT_RETRYABLE);
        assertThat(page.get(0).topic()).isEqualTo(bench.topic);
        try (Cursor second = letters.open(bench.topic, "billing")) {
          assertThat(second.next(1)).isEmpty();
        }
      }
    }
    broken[0] = false;
    try (Cursor cursor = letters.open(bench.topic, "billing")) {
      assertThat(cursor.redrive(RedriveOptions.all()).redriven()).isEqualTo(3);
    }
    billing.await(6);
    assertThat(audit.runs()).hasSize(3);
    assertThat(letters.count(bench.topic, "billing")).isZero();
  }

  @Test
  void what_the_broker_gave_up_on_is_shown_and_its_copy_is_no_cycle() throws Exception {
    bench.messaging().topology().declare(bench.topic, "g");
    String queue = bench.topic + ".g";
    String id = bench.publish("kills its consumers");
    DeadLetters dead = bench.messaging().deadLetters();
    Eventually.await(
        "consumers that die until the broker gives up",
        Duration.ofSeconds(60),
        () -> {
          try {
            if (bench.raw().basicGet(queue, false) != null) {
              bench.raw().close();
            }
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
          return dead.count(bench.topic, "g") == 1;
        });

    try (Cursor cursor = dead.open(bench.topic, "g")) {
      Letter letter = cursor.next(1).get(0);
      assertThat(letter.reason()).isEqualTo(DeadLetters.Reason.CRASH_LIMIT);
      assertThat(letter.topic()).isEqualTo(bench.topic);
      assertThat(letter.group()).isEqualTo("g");
      assertThat(letter.message().headers().keySet()).noneMatch(name -> name.startsWith("x-"));
      cursor.redrive(letter);
    }
    Recorder recorder = new Recorder();
    bench.start("g", recorder);
    assertThat(recorder.await(1).get(0).id()).isEqualTo(id);
  }

  /** Its queue's routing key is not its topic, and its topic is not that of its group. */
  @Test
  void what_the_broker_moved_away_itself_goes_back_to_the_group_of_its_pattern() throws Exception {
    String pattern = bench.topic + ".*";
    String topic = bench.topic + ".eu";
    bench.messaging().topology().declare(pattern, "g");
    var expiring = new AMQP.BasicProperties.Builder().expiration("1").build();
    bench.raw().basicPublish("missive.topics", topic, expiring, "from abroad".getBytes(UTF_8));
    DeadLetters dead = bench.messaging().deadLetters();
    Eventually.await("its dead letter", () -> dead.count(pattern, "g") == 1);

    try (Cursor cursor = dead.open(pattern, "g")) {
      Letter letter = cursor.next(1).get(0);
      assertThat(letter.topic()).isEqualTo(pattern);
      assertThat(letter.group()).isEqualTo("g");
      assertThat(letter.message().topic()).isEqualTo(topic);
      cursor.redrive(letter);
    }
    Recorder recorder = new Recorder();
    bench.start(bench.messaging(), pattern, "g", recorder, builder -> builder);
    Recorder.Run run = recorder.await(1).get(0);
    assertThat(run.text()).isEqualTo("from abroad");
    assertThat(run.topic()).isEqualTo(topic);
  }

  @Test
  void delayed_messages_wait_for_topics_and_patterns_and_never_come_early() {
    Recorder exact = new Recorder();
    Recorder pattern = new Recorder();
    Map<String, Long> arrived = new ConcurrentHashMap<>();
    String first = bench.topic + ".eu.orders";
    bench.start(bench.messaging(), first, "exact", exact, builder -> builder);
    bench.start(
        bench.messaging(),
        bench.topic + ".*.orders",
        "pattern",
        message -> {
          arrived.put(message.id(), System.nanoTime());
          pattern.handle(message);
        },
        builder -> builder);
    long began = System.nanoTime();

    for (int seconds : new int[] {3, 1, 2}) {
      bench
          .messaging()
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
              TimeUnit.MILLISECONDS.toNanos(seconds * 1000 + 5000));
    }
  }

  @Test
  void a_delayed_message_whose_group_is_gone_is_kept_and_shown() throws Exception {
    bench.messaging().topology().declare(bench.topic, "g");
    bench.messaging().topology().declare(bench.topic, "other");
    bench
        .messaging()
        .producer()
        .publish(Message.builder(bench.topic).text("x").delay(Duration.ofSeconds(2)).build());
    bench.raw().queueDelete(bench.topic + ".g");
    bench
        .raw()
        .queueUnbind(
            bench.topic + ".other", DelayCascade.DUE, "*.".repeat(28) + "t." + bench.topic);

    Eventually.await(
        "the warning",
        () ->
            bench.messaging().topology().depth(bench.topic, "other").warnings().stream()
                .anyMatch(warning -> warning.contains(DelayCascade.UNROUTED)));
    bench.raw().queuePurge(DelayCascade.UNROUTED);
  }
}
