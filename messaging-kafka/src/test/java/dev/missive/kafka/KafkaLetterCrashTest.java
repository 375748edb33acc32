package dev.missive.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.DeadLetters;
import dev.missive.Header;
import dev.missive.Messaging;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A client that dies while it moves dead letters: none is lost, none is listed twice (ADR 0020).
 */
@Tag("broker")
@Tag("full")
final class KafkaLetterCrashTest {
  private static final String GROUP = "billing";
  private static final int LETTERS = 400;

  /** Much to append, so that a client can be killed while it does. */
  private static final int BYTES = 20_000;

  private static final int TRIES = 10;
  private static final Duration LONG = Duration.ofSeconds(60);

  private final LiveBroker broker = LiveBrokers.shared(Brokers.kafka());
  private final Admin admin = Admin.create(Map.of("bootstrap.servers", broker.url()));
  private final Messaging messaging =
      KafkaLab.open(broker, "classic", "kafka.metadata-bytes", "16");
  private String topic = "";
  private String letters = "";

  @BeforeEach
  void declare() {
    topic = KafkaLab.topic();
    letters = KafkaNames.deadLetters(topic, GROUP);
    messaging.topology().declare(topic, GROUP);
  }

  @AfterEach
  void close() {
    messaging.close();
    admin.close();
  }

  @Test
  void before_the_move_is_committed_all_are_still_there() throws Exception {
    for (int i = 0; i < TRIES; i++) {
      declare();
      write();
      // Too late counts as well: then the next try.
      kill(() -> appending() || committed());
      if (!moved()) {
        return;
      }
    }
    throw new AssertionError("none of " + TRIES + " clients was killed early enough");
  }

  @Test
  void after_the_move_was_committed_those_that_are_left_are_there() throws Exception {
    write();

    kill(this::committed);

    assertThat(moved()).isTrue();
  }

  @Test
  void a_cursor_that_lost_the_letters_cannot_move_them_any_more() throws Exception {
    write();
    try (KafkaProducer<byte[], byte[]> late = KafkaLab.transactions(broker, "missive-" + letters)) {
      late.initTransactions();
      late.beginTransaction();
      late.send(record(0)).get();

      List<String> left = discardEverySecond();

      assertThatThrownBy(late::commitTransaction).isInstanceOf(KafkaException.class);
      assertThat(listed()).containsExactlyInAnyOrderElementsOf(left);
    }
  }

  /**
   * What is listed after the kill, and after a further move by somebody else.
   *
   * @return whether the one who was killed has moved them
   */
  private boolean moved() {
    List<String> all = ids(1);
    List<String> left = ids(2);
    // The dead one keeps its letters until its session ends.
    Eventually.await("they can be read", LONG, () -> !listed().isEmpty());
    boolean moved = committed();
    assertThat(listed()).containsExactlyInAnyOrderElementsOf(moved ? left : all);

    assertThat(discardEverySecond()).hasSize(moved ? LETTERS / 4 : LETTERS / 2);
    return moved;
  }

  private static List<String> ids(int step) {
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < LETTERS; i += step) {
      ids.add("m" + i);
    }
    return ids;
  }

  /** Discards, lets the others move, and compares. */
  private List<String> discardEverySecond() {
    List<String> left = new ArrayList<>();
    try (DeadLetters.Cursor cursor = messaging.deadLetters().open(topic, GROUP)) {
      List<DeadLetters.Letter> all = cursor.next(LETTERS);
      for (int i = 0; i < all.size(); i++) {
        if (i % 2 == 0) {
          left.add(all.get(i).message().id());
        } else {
          cursor.discard(all.get(i));
        }
      }
    }
    assertThat(listed()).containsExactlyInAnyOrderElementsOf(left);
    return left;
  }

  private List<String> listed() {
    try (DeadLetters.Cursor cursor = messaging.deadLetters().open(topic, GROUP)) {
      return cursor.next(LETTERS).stream().map(letter -> letter.message().id()).toList();
    }
  }

  private void write() {
    try (KafkaProducer<byte[], byte[]> writer = KafkaLab.producer(broker)) {
      for (int i = 0; i < LETTERS; i++) {
        writer.send(record(i));
      }
    }
    assertThat(messaging.deadLetters().count(topic, GROUP)).isEqualTo(LETTERS);
  }

  private ProducerRecord<byte[], byte[]> record(int number) {
    ProducerRecord<byte[], byte[]> letter = new ProducerRecord<>(letters, new byte[BYTES]);
    letter.headers().add(Header.ID, ("m" + number).getBytes(UTF_8));
    return letter;
  }

  private void kill(BooleanSupplier when) throws IOException, InterruptedException {
    Process victim =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                LetterVictim.class.getName(),
                broker.url(),
                topic,
                GROUP,
                Integer.toString(LETTERS))
            .redirectErrorStream(true)
            .redirectOutput(Path.of("target", "letter-victim.log").toFile())
            .start();
    try {
      Eventually.await("the moment has come", LONG, () -> when.getAsBoolean() || !victim.isAlive());
      assertThat(victim.isAlive()).as("see target/letter-victim.log").isTrue();
    } finally {
      victim.destroyForcibly().waitFor();
    }
  }

  /** Whether a transaction of a move is open. */
  private boolean appending() {
    String id = "missive-" + letters;
    try {
      return admin.describeTransactions(List.of(id)).description(id).get().state()
          == TransactionState.ONGOING;
    } catch (ExecutionException e) {
      // Not begun.
      return false;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Whether a move has moved the offset: the first letter is never discarded. */
  private boolean committed() {
    try {
      OffsetAndMetadata at =
          admin
              .listConsumerGroupOffsets(letters)
              .partitionsToOffsetAndMetadata()
              .get()
              .get(new TopicPartition(letters, 0));
      return at != null && at.offset() > 0;
    } catch (ExecutionException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
