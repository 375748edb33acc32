package dev.missive.examples.customadapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.missive.Consumer;
import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.Outcome;
import dev.missive.spi.BrokerProvider.Setting;
import dev.missive.spi.Time;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.Recorder;
import dev.missive.testkit.VirtualTime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the contract does not ask of everybody: the file, the clock, the settings. */
final class JournalTest {
  private static final String TOPIC = "orders";
  private static final String GROUP = "billing";
  private static final int CUTS = 40;

  @TempDir Path directory;

  private Messaging open(@Nullable Time time) {
    Messaging.Builder builder = builder("1h");
    return time == null ? builder.open() : builder.time(time).open();
  }

  private Messaging.Builder builder(String pollInterval) {
    return Messaging.builder()
        .setting("broker", "journal")
        .setting("journal.directory", directory.toString())
        .setting("journal.poll-interval", pollInterval);
  }

  private static void consume(Messaging messaging, Recorder recorder) {
    Consumer consumer = messaging.consumer(TOPIC).group(GROUP).handler(recorder).build();
    consumer.start();
    consumer.ready().toCompletableFuture().join();
  }

  @Test
  void record_of_a_writer_that_died_half_way_is_cut_off() throws IOException {
    try (Messaging messaging = open(null)) {
      messaging.topology().declare(TOPIC, GROUP);
      messaging.producer().publish(Message.of(TOPIC, "k", new byte[] {1}));
    }
    Path journal = directory.resolve("journal");
    long whole = Files.size(journal);
    Files.write(journal, new byte[] {0, 0, 0, 50, 1, 2, 3}, StandardOpenOption.APPEND);

    try (Messaging messaging = open(null)) {
      Recorder seen = new Recorder();
      consume(messaging, seen);
      messaging.producer().publish(Message.of(TOPIC, "k", new byte[] {2}));

      assertThat(seen.await(2))
          .extracting(run -> run.payload())
          .containsExactly(new byte[] {1}, new byte[] {2});
    }
    assertThat(Files.size(journal)).isGreaterThan(whole);
  }

  @Test
  void delayed_message_waits_for_a_clock_that_is_moved_by_hand() {
    VirtualTime time = new VirtualTime();
    try (Messaging messaging = open(time)) {
      Recorder seen = new Recorder();
      consume(messaging, seen);
      messaging
          .producer()
          .publish(Message.builder(TOPIC).text("later").delay(Duration.ofHours(5)).build());

      time.advance(Duration.ofHours(5).minusMillis(1));
      assertThat(seen.texts()).isEmpty();
      time.advance(Duration.ofMillis(1));
      assertThat(seen.texts()).containsExactly("later");
    }
  }

  /** With 1 ms it looks for dead sessions all the time, and meets its own among them. */
  @Test
  void message_whose_session_is_ended_comes_again_every_time() {
    JournalControl control = new JournalControl(directory);
    Queue<CompletableFuture<Outcome>> runs = new ConcurrentLinkedQueue<>();
    try (Messaging messaging = builder("1ms").open();
        Consumer consumer =
            messaging
                .consumer(TOPIC)
                .group(GROUP)
                .concurrency(2 * CUTS)
                .asyncHandler(
                    message -> {
                      CompletableFuture<Outcome> run = new CompletableFuture<>();
                      runs.add(run);
                      return run;
                    })
                .build()) {
      consumer.start();
      consumer.ready().toCompletableFuture().join();
      // Without a key, so that the next run need not wait for the one before.
      messaging.producer().publish(Message.builder(TOPIC).text("held").build());
      Eventually.await("the first run", () -> !runs.isEmpty());
      for (int cuts = 1; cuts <= CUTS; cuts++) {
        int before = runs.size();
        control.cut();
        Eventually.await("a run after " + cuts + " cuts", () -> runs.size() > before);
      }
      runs.forEach(run -> run.complete(Outcome.ack()));
    }
  }

  @Test
  void directory_is_required() {
    assertThatThrownBy(() -> Messaging.builder().setting("broker", "journal").open())
        .isInstanceOfSatisfying(
            MessagingException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFIG_INVALID))
        .hasMessageContaining("journal.directory");
  }

  @Test
  void settings_have_these_names_and_defaults() {
    assertThat(new JournalBrokerProvider().settings())
        .extracting(Setting::key, Setting::byDefault)
        .containsExactly(
            tuple("journal.directory", null),
            tuple("journal.poll-interval", "100ms"),
            tuple("journal.lock-timeout", "5s"),
            tuple("journal.max-bytes", "1048576"));
  }
}
