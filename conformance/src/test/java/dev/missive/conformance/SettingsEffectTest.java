package dev.missive.conformance;

import static dev.missive.conformance.Lab.GROUP;
import static dev.missive.conformance.Lab.TOPIC;
import static dev.missive.conformance.Lab.consumeWith;
import static dev.missive.conformance.Lab.message;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.ConnectionState;
import dev.missive.Consumer;
import dev.missive.ConsumerState;
import dev.missive.DeadLetters;
import dev.missive.ErrorCode;
import dev.missive.Handler;
import dev.missive.Header;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.Outcome;
import dev.missive.OutcomeHandler;
import dev.missive.Producer;
import dev.missive.PublishException;
import dev.missive.testkit.FakeHandler;
import dev.missive.testkit.VirtualTime;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Settings that no clause of the contract asks for: that they do something, and what. */
final class SettingsEffectTest {
  private static final int STACK_BYTES = 8 * 1024;
  private static final int PATIENCE_SECONDS = 15;

  private final Lab lab = Lab.virtual(new VirtualTime(), builder -> builder);

  @AfterEach
  void close() {
    lab.close();
  }

  // ---- dead-letter.*

  @Test
  void dead_letter_stack_adds_the_stack_trace_on_one_line_and_bounded() {
    DeadLetters.Letter letter = deadLetter(message -> deep(200), "dead-letter.stack", "true");

    String stack = letter.headers().get(Header.DL_STACK);

    assertThat(stack)
        .startsWith("java.lang.IllegalStateException: too deep at " + getClass().getName())
        .doesNotContainPattern("\\p{Cntrl}");
    assertThat(stack.getBytes(StandardCharsets.UTF_8)).hasSizeBetween(STACK_BYTES / 2, STACK_BYTES);
    assertThat(letter.message().headers()).isEmpty();
  }

  @Test
  void dead_letter_message_off_leaves_out_the_text_of_exceptions_alone() {
    DeadLetters.Letter letter =
        deadLetter(
            message -> {
              throw new IllegalStateException("secret-canary");
            },
            "dead-letter.message",
            "false");

    assertThat(letter.errorMessage()).isNull();
    assertThat(letter.error()).isEqualTo("java.lang.IllegalStateException");
    assertThat(letter.headers().toString()).doesNotContain("secret-canary");
  }

  @Test
  void dead_letter_message_off_leaves_out_the_texts_within_the_stack_trace_too() {
    DeadLetters.Letter letter =
        deadLetter(
            message -> {
              IllegalStateException broken =
                  new IllegalStateException(
                      "secret-canary", new IllegalArgumentException("secret-canary"));
              broken.addSuppressed(new UnsupportedOperationException("secret-canary"));
              // A cycle, which a trace must survive.
              broken.getSuppressed()[0].initCause(broken);
              throw broken;
            },
            "dead-letter.message",
            "false",
            "dead-letter.stack",
            "true");

    assertThat(letter.headers().get(Header.DL_STACK))
        .startsWith("java.lang.IllegalStateException at " + getClass().getName())
        .contains(" Suppressed: java.lang.UnsupportedOperationException at ")
        .contains(" Caused by: java.lang.IllegalArgumentException");
    assertThat(letter.headers().toString()).doesNotContain("secret-canary");
  }

  @Test
  void dead_letter_message_off_keeps_the_reason_that_a_handler_gave() {
    DeadLetters.Letter letter =
        deadLetter(message -> Outcome.deadLetter("not ours"), "dead-letter.message", "false");

    assertThat(letter.errorMessage()).isEqualTo("not ours");
  }

  @Test
  void dead_letter_aliases_repeat_headers_under_other_names() {
    DeadLetters.Letter letter =
        deadLetter(
            message -> {
              throw new IllegalStateException("down");
            },
            "dead-letter.aliases",
            "missive-dl-topic=original-topic, missive-dl-message = error");

    assertThat(letter.headers())
        .containsEntry(Header.DL_TOPIC, TOPIC)
        .containsEntry("original-topic", TOPIC)
        .containsEntry(Header.DL_MESSAGE, "down")
        .containsEntry("error", "down");
  }

  @Test
  void what_is_redriven_carries_no_alias_and_keeps_headers_of_the_application() {
    Messaging messaging =
        lab.open(
            "dead-letter.aliases",
            "missive-dl-topic=original-topic, missive-dl-stack=stack, missive-dl-count=times");
    Handler failing = FakeHandler.failing(1);
    Consumer consumer =
        consumeWith(messaging, builder -> builder.retry(Lab.QUICK.maxAttempts(1)).handler(failing));
    messaging
        .producer()
        .publish(Message.builder(TOPIC).text("v").header("stack", "of the application").build());
    lab.await("a dead letter", () -> messaging.deadLetters().count(TOPIC, GROUP) == 1);
    consumer.stop(Duration.ofSeconds(5));

    try (DeadLetters.Cursor cursor = messaging.deadLetters().open(TOPIC, GROUP)) {
      DeadLetters.Letter letter = cursor.next(1).get(0);
      assertThat(letter.headers()).containsEntry("original-topic", TOPIC);
      cursor.redrive(letter);
    }

    Message copy = lab.broker.waitingMessages(TOPIC, GROUP).get(0);
    assertThat(copy.headers())
        .containsEntry("stack", "of the application")
        .containsEntry(Header.DL_COUNT, "1")
        .doesNotContainKeys("original-topic", "times");
  }

  // ---- connect.attempts

  @Test
  void connect_attempts_bounds_how_often_the_first_connection_is_tried() {
    lab.broker.down();
    Messaging bounded = lab.open("connect.attempts", "3");
    Messaging endless = lab.open();
    Consumer givesUp = starting(bounded);
    Consumer waits = starting(endless);
    assertThat(ready(givesUp)).as("after one attempt").isNotDone();

    lab.await("the bounded one gives up", () -> ready(givesUp).isDone());

    assertThatThrownBy(() -> ready(givesUp).join())
        .hasMessageContaining("MSG-BROKER-UNREACHABLE")
        .hasMessageContaining("gave up after 3 attempts");
    assertThat(givesUp.state()).isEqualTo(ConsumerState.FAILED);
    assertThat(bounded.health().connection().state()).isEqualTo(ConnectionState.NEW);
    assertThat(ready(waits)).isNotDone();
    lab.broker.up();
    lab.time.advance(Duration.ofMinutes(1));
    lab.await("the endless one is ready", () -> ready(waits).isDone());
    assertThat(waits.state()).isEqualTo(ConsumerState.RUNNING);
    assertThat(givesUp.state()).isEqualTo(ConsumerState.FAILED);
  }

  @Test
  void one_attempt_makes_the_start_fail() {
    lab.broker.down();
    Messaging messaging = lab.open("connect.attempts", "1");

    assertThatThrownBy(() -> starting(messaging))
        .hasMessageContaining("MSG-BROKER-UNREACHABLE")
        .hasMessageContaining("gave up after 1 attempt.");
  }

  // ---- connect.retry-delay

  @Test
  void connect_retry_delay_is_the_first_wait_and_doubles_up_to_the_longest() {
    lab.broker.down();
    Consumer waits =
        starting(lab.open("connect.retry-delay", "10s", "connect.retry-delay-max", "15s"));

    // The first wait is 5 to 10 s, each later one 7.5 to 15 s.
    lab.broker.up();
    lab.time.advance(Duration.ofSeconds(4));
    assertThat(ready(waits)).isNotDone();
    lab.time.advance(Duration.ofSeconds(7));
    assertThat(ready(waits)).isDone();

    lab.broker.down();
    Consumer longer =
        starting(lab.open("connect.retry-delay", "10s", "connect.retry-delay-max", "15s"));
    lab.time.advance(Duration.ofMinutes(10));
    lab.broker.up();
    lab.time.advance(Duration.ofSeconds(16));
    assertThat(ready(longer)).isDone();
  }

  // ---- producer.window-bytes

  @Test
  void producer_window_bytes_bounds_what_is_unacknowledged() {
    Messaging messaging = declared(lab.open("producer.window-bytes", "1000"));
    Producer producer = messaging.producerBuilder().failWhenFull().build();
    lab.broker.withholdConfirms();

    CompletionStage<?> first = producer.publishAsync(sized(600));
    CompletionStage<?> tooMuch = producer.publishAsync(sized(401));
    CompletionStage<?> fits = producer.publishAsync(sized(400));

    assertThat(messaging.counters().publishing().inFlightBytes()).isEqualTo(1000);
    assertThat(failure(tooMuch).code()).isEqualTo(ErrorCode.BACKPRESSURE);
    assertThat(failure(tooMuch)).hasMessageContaining("1 messages, 600 bytes unacknowledged");
    lab.broker.releaseConfirms();
    lab.await("both are stored", () -> done(first) && done(fits));
    lab.await("room", () -> messaging.counters().publishing().inFlightBytes() == 0);
    CompletionStage<?> larger = producer.publishAsync(sized(5000));
    lab.await("one alone passes, whatever its size", () -> done(larger));
    assertThat(larger.toCompletableFuture()).isCompleted();
  }

  // ---- completeOn

  @Test
  void stages_complete_where_the_producer_was_told_be_it_well_or_not() throws Exception {
    Messaging messaging = declared(lab.open());
    Producer told =
        messaging.producerBuilder().completeOn(task -> new Thread(task, "mine").start()).build();
    lab.broker.withholdConfirms();
    CompletableFuture<String> mine = threadCompleting(told);
    CompletableFuture<String> usual = threadCompleting(messaging.producer());
    lab.broker.releaseConfirms();
    assertThat(mine.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo("stored on mine");
    assertThat(usual.get(PATIENCE_SECONDS, TimeUnit.SECONDS))
        .startsWith("stored on missive-memory-");

    lab.broker.withholdConfirms();
    CompletableFuture<String> late = threadCompleting(told);
    lab.time.advance(Duration.ofSeconds(31));

    assertThat(late.get(PATIENCE_SECONDS, TimeUnit.SECONDS))
        .isEqualTo("MSG-PUBLISH-TIMEOUT on mine");
  }

  private static CompletableFuture<String> threadCompleting(Producer producer) {
    return producer
        .publishAsync(sized(1))
        .handle(
            (receipt, error) ->
                (error instanceof PublishException known ? known.code() : "stored")
                    + " on "
                    + Thread.currentThread().getName())
        .toCompletableFuture();
  }

  private DeadLetters.Letter deadLetter(OutcomeHandler handler, String... settings) {
    Messaging messaging = lab.open(settings);
    consumeWith(
        messaging, builder -> builder.retry(Lab.QUICK.maxAttempts(1)).outcomeHandler(handler));
    messaging.producer().publish(message("k", "v"));
    lab.await("a dead letter", () -> !lab.broker.deadLetterIds(TOPIC, GROUP).isEmpty());
    try (DeadLetters.Cursor cursor = messaging.deadLetters().open(TOPIC, GROUP)) {
      List<DeadLetters.Letter> letters = cursor.next(10);
      assertThat(letters).hasSize(1);
      return letters.get(0);
    }
  }

  private static Outcome deep(int frames) {
    if (frames == 0) {
      throw new IllegalStateException("too deep");
    }
    return deep(frames - 1);
  }

  private static Consumer starting(Messaging messaging) {
    Consumer consumer = messaging.consumer(TOPIC).group(GROUP).handler(m -> {}).build();
    consumer.start();
    return consumer;
  }

  private static CompletableFuture<Void> ready(Consumer consumer) {
    return consumer.ready().toCompletableFuture();
  }

  private static Messaging declared(Messaging messaging) {
    messaging.topology().declare(TOPIC, GROUP);
    return messaging;
  }

  private static Message sized(int bytes) {
    return Message.of(TOPIC, new byte[bytes]);
  }

  private static boolean done(CompletionStage<?> stage) {
    return stage.toCompletableFuture().isDone();
  }

  private static PublishException failure(CompletionStage<?> stage) {
    return MemoryClient.failureOf(stage);
  }
}
