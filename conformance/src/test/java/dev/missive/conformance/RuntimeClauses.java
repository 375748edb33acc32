package dev.missive.conformance;

import static dev.missive.conformance.Lab.GROUP;
import static dev.missive.conformance.Lab.TOPIC;
import static dev.missive.conformance.Lab.consume;
import static dev.missive.conformance.Lab.consumeWith;
import static dev.missive.conformance.Lab.message;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.*;
import dev.missive.testkit.FakeHandler;
import dev.missive.testkit.Recorder;
import java.time.Duration;
import java.time.Instant;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.*;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

public interface RuntimeClauses extends Clauses {
  @Test
  @DisplayName(
      "Z01 Z02 null is refused at once; what the caller changes after publish changes nothing")
  default void arguments() {
    Messaging messaging = lab().open();
    Recorder seen = new Recorder();
    consume(messaging, seen);
    assertThatThrownBy(() -> messaging.producer().publish(null))
        .as("publishing null")
        .isInstanceOf(NullPointerException.class);
    assertThatThrownBy(() -> Message.of(null, new byte[0]))
        .isInstanceOf(NullPointerException.class);
    byte[] payload = "before".getBytes();
    Map<String, String> headers = new HashMap<>(Map.of("h", "before"));
    Message message = Message.builder(TOPIC).payload(payload).headers(headers).build();
    payload[0] = 'X';
    headers.put("h", "after");
    messaging.producer().publish(message);
    Recorder.Run run = lab().await(1, seen).get(0);
    assertThat(run.text()).isEqualTo("before");
    assertThat(run.headers()).containsExactlyEntriesOf(Map.of("h", "before"));

    byte[] typed = "typed".getBytes();
    messaging
        .producer()
        .typed(TOPIC, byte[].class)
        .contentType("application/octet-stream")
        .publishAsync(typed);
    typed[0] = 'X';
    assertThat(lab().await(2, seen).get(1).text()).as("a typed payload").isEqualTo("typed");
  }

  @Test
  @DisplayName(
      "Z03 Z04 Z05 retryAfter, exceptions that no retry can help, and a message's own maxAttempts")
  default void policies() {
    Messaging messaging = lab().open();
    Map<String, List<Instant>> runs = new ConcurrentHashMap<>();
    consumeWith(
        messaging,
        builder ->
            builder
                .retry(
                    RetryPolicy.exponential(Duration.ofSeconds(1), Duration.ofSeconds(1))
                        .maxAttempts(3)
                        .notRetryable(Set.of(ArithmeticException.class)))
                .outcomeHandler(
                    m -> {
                      String text = new String(m.payload());
                      runs.computeIfAbsent(text, t -> new CopyOnWriteArrayList<>())
                          .add(lab().time.now());
                      return switch (text) {
                        case "later" ->
                            m.attempt() == 1
                                ? Outcome.retryAfter(Duration.ofMinutes(5))
                                : Outcome.ack();
                        case "hopeless" -> throw new NotRetryableException("never");
                        case "by policy" -> throw new ArithmeticException();
                        case "rejected" -> Outcome.deadLetter("not ours");
                        default -> Outcome.retry();
                      };
                    }));
    for (String text : List.of("later", "hopeless", "by policy", "rejected", "usual")) {
      messaging.producer().publish(message(text, text));
    }
    messaging.producer().publish(Message.builder(TOPIC).text("own").maxAttempts(5).build());
    lab().time.advance(Duration.ofMinutes(4));
    assertThat(runs.get("later")).as("runs of later").hasSize(1);
    lab().time.advance(Duration.ofMinutes(2));
    assertThat(runs.get("later")).as("runs of later").hasSize(2);
    assertThat(runs.get("hopeless")).as("runs of hopeless").hasSize(1);
    assertThat(runs.get("by policy")).hasSize(1);
    assertThat(runs.get("usual")).as("runs of usual").hasSize(3);
    assertThat(runs.get("own")).as("runs of own").hasSize(5);
    Map<String, DeadLetters.Reason> reasons = new TreeMap<>();
    try (DeadLetters.Cursor cursor = messaging.deadLetters().open(TOPIC, GROUP)) {
      cursor
          .next(10)
          .forEach(letter -> reasons.put(new String(letter.message().payload()), letter.reason()));
    }
    assertThat(reasons)
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "hopeless", DeadLetters.Reason.NOT_RETRYABLE,
                "by policy", DeadLetters.Reason.NOT_RETRYABLE,
                "rejected", DeadLetters.Reason.REJECTED,
                "usual", DeadLetters.Reason.ATTEMPTS_EXHAUSTED,
                "own", DeadLetters.Reason.ATTEMPTS_EXHAUSTED));
  }

  @Test
  @DisplayName(
      "Z06 errors, overflows and interrupts in a handler are failed runs; the consumer survives")
  default void errors() {
    Messaging messaging = lab().open();
    Recorder seen =
        new Recorder(
            m -> {
              if (m.attempt() > 1) {
                return;
              }
              switch (new String(m.payload())) {
                case "error" -> throw new AssertionError("error");
                case "overflow" -> overflow(1);
                case "interrupt" -> {
                  Thread.currentThread().interrupt();
                  throw new InterruptedException();
                }
                default -> {}
              }
            });
    consume(messaging, seen);
    for (String text : List.of("error", "overflow", "interrupt", "good")) {
      messaging.producer().publish(message("k", text));
    }
    lab().await("all handled", () -> messaging.counters().of(TOPIC, GROUP).acked() == 4);
    assertThat(messaging.counters().of(TOPIC, GROUP).failedRuns()).as("failed runs").isEqualTo(3);
  }

  private static int overflow(int depth) {
    return overflow(depth + 1) + 1;
  }

  @Test
  @DisplayName("Z09 concurrency is a limit, and can be raised and lowered at run time")
  default void concurrency() {
    Messaging messaging = lab().open();
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    Semaphore gate = new Semaphore(0);
    Consumer consumer =
        consumeWith(
            messaging,
            builder ->
                builder
                    .concurrency(2)
                    .handler(
                        m -> {
                          most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                          gate.acquire();
                          inside.decrementAndGet();
                        }));
    for (int i = 0; i < 40; i++) {
      messaging.producer().publishAsync(message("k" + i, "v"));
    }
    lab().await("two run", () -> inside.get() == 2);
    consumer.concurrency(6);
    lab().await("six run", () -> inside.get() == 6);
    assertThat(most.get()).isEqualTo(6);
    consumer.concurrency(1);
    gate.release(6);
    lab()
        .await(
            "one runs",
            () -> messaging.counters().of(TOPIC, GROUP).acked() == 6 && inside.get() == 1);
    gate.release(33);
    lab().await("39 done", () -> messaging.counters().of(TOPIC, GROUP).acked() == 39);
    assertThat(inside.get()).isEqualTo(1);
    gate.release();
  }

  @Test
  @DisplayName("Z10 a plain field written in attempt 1 is read in attempt 2 and after stop")
  default void visibility() {
    Messaging messaging = lab().open("memory.wait-in-process", "1s");
    int count = 5000;
    int[] plain = new int[count];
    AtomicInteger wrong = new AtomicInteger();
    Consumer consumer =
        consumeWith(
            messaging,
            builder ->
                builder
                    .concurrency(8)
                    .maxInFlight(1000)
                    .retry(RetryPolicy.exponential(Duration.ZERO, Duration.ZERO))
                    .handler(
                        m -> {
                          int index = Integer.parseInt(new String(m.payload()));
                          if (m.attempt() == 1) {
                            plain[index] = 1;
                            throw new IllegalStateException("again");
                          }
                          if (plain[index] != 1) {
                            wrong.incrementAndGet();
                          }
                          plain[index] = 2;
                        }));
    for (int i = 0; i < count; i++) {
      messaging.producer().publishAsync(message("k" + i, "" + i));
    }
    lab().await("all handled", () -> messaging.counters().of(TOPIC, GROUP).acked() == count);
    consumer.stop(Duration.ofSeconds(5));
    assertThat(wrong.get()).as("runs that did not see the one before").isZero();
    assertThat(plain).containsOnly(2);
  }

  @Test
  @DisplayName("Z19 a health call answers at once while the broker hangs")
  default void health_hung() {
    Messaging messaging = lab().open();
    consume(messaging, m -> {});
    lab().broker.hang();
    long began = System.nanoTime();
    assertThat(messaging.health()).isNotNull();
    assertThat(Duration.ofNanos(System.nanoTime() - began))
        .as("how long health takes")
        .isLessThan(Duration.ofMillis(100));
  }

  @Test
  @DisplayName("Z23 what a handler publishes takes over the correlation id")
  default void correlation() {
    Messaging messaging = lab().open();
    Recorder seen = new Recorder();
    Lab.started(messaging.consumer("lab.next").group(GROUP).handler(seen).build());
    consume(messaging, m -> messaging.producer().publish(Message.of("lab.next", m.payload())));
    messaging.producer().publish(Message.builder(TOPIC).text("with").correlationId("c-1").build());
    messaging.producer().publish(Message.builder(TOPIC).text("without").build());
    lab().await(2, seen);
    assertThat(seen.runs()).extracting(Recorder.Run::correlationId).containsExactly("c-1", null);
  }

  @Test
  @DisplayName("Z25 the router dispatches by type; an unknown type names the known ones")
  default void router() {
    Messaging messaging = lab().open();
    List<String> seen = new CopyOnWriteArrayList<>();
    Router router =
        messaging
            .router()
            .on("order.created", Order.class, (order, m) -> seen.add("created " + order.number()))
            .on("order.deleted", m -> seen.add("deleted"));
    assertThatThrownBy(() -> router.on("order.deleted", m -> {}))
        .hasMessageContaining("MSG-CONFIG-INVALID");
    consume(messaging, router);
    messaging
        .producer()
        .typed(TOPIC, Order.class)
        .type("order.created")
        .key(Order::number)
        .publish(new Order("7"));
    messaging.producer().publish(Message.builder(TOPIC).header("type", "order.deleted").build());
    messaging.producer().publish(Message.builder(TOPIC).type("order.lost").build());
    lab().await("dead-lettered", () -> messaging.counters().of(TOPIC, GROUP).deadLettered() == 1);
    assertThat(seen).containsExactly("created 7", "deleted");
    try (DeadLetters.Cursor cursor = messaging.deadLetters().open(TOPIC, GROUP)) {
      DeadLetters.Letter letter = cursor.next(1).get(0);
      assertThat(letter.reason()).isEqualTo(DeadLetters.Reason.UNKNOWN_TYPE);
      assertThat(letter.errorMessage())
          .contains("no handler for message type")
          .contains("order.created, order.deleted");
    }
    router.otherwise(m -> seen.add("other"));
    messaging.producer().publish(Message.builder(TOPIC).type("order.lost").build());
    lab().await("the default", () -> seen.contains("other"));
  }

  record Order(String number) {}

  @Test
  @DisplayName(
      "Z26 interceptors run in declared order, outside in, see bytes, and may answer themselves")
  default void interceptors() {
    List<String> steps = new CopyOnWriteArrayList<>();
    Messaging messaging =
        lab()
            .open(
                builder -> builder.interceptors(interceptor("a", steps), interceptor("b", steps)));
    Recorder seen =
        new Recorder(
            m -> {
              steps.add("handler " + new String(m.payload()));
              if (m.attempt() == 1) {
                throw new IllegalStateException("mine");
              }
            });
    consume(messaging, seen);
    messaging.producer().publish(message("k", "x"));
    lab().await("acked", () -> messaging.counters().of(TOPIC, GROUP).acked() == 1);
    assertThat(steps)
        .containsExactly(
            "a out x",
            "b out x-a",
            "a in x-a-b",
            "b in x-a-b",
            "handler x-a-b!",
            "b failed mine",
            "a failed mine",
            "a in x-a-b",
            "b in x-a-b",
            "handler x-a-b!",
            "b done",
            "a done");
    assertThat(messaging.producer().publish(message("k", "answered")).id()).isEqualTo("by b");
  }

  private static Interceptor interceptor(String name, List<String> steps) {
    return new Interceptor() {
      @Override
      public CompletionStage<Receipt> aroundPublish(Message message, PublishStep next) {
        String text = new String(message.payload());
        if (name.equals("b") && text.startsWith("answered")) {
          return CompletableFuture.completedFuture(new Receipt("by b", null));
        }
        steps.add(name + " out " + text);
        return next.proceed(message.toBuilder().text(text + "-" + name).build());
      }

      @Override
      public CompletionStage<Outcome> aroundHandle(ReceivedMessage message, HandleStep next)
          throws Exception {
        steps.add(name + " in " + new String(message.payload()));
        ReceivedMessage given =
            name.equals("b")
                ? message.with((new String(message.payload()) + "!").getBytes(), message.headers())
                : message;
        return next.proceed(given)
            .whenComplete(
                (outcome, error) ->
                    steps.add(
                        name
                            + (error == null
                                ? " done"
                                : " failed "
                                    + (error instanceof CompletionException e
                                            ? e.getCause()
                                            : error)
                                        .getMessage())));
      }
    };
  }

  @Test
  @DisplayName(
      "Z27 the codec is chosen by content type; a mismatch is undecodable, never a raw misreading")
  default void content_types() {
    Messaging messaging = lab().open();
    List<Object> seen = new CopyOnWriteArrayList<>();
    consumeWith(
        messaging, builder -> builder.typedHandler(String.class, (text, m) -> seen.add(text)));
    messaging
        .producer()
        .publish(
            Message.builder(TOPIC).contentType("text/plain; charset=utf-8").text("plain").build());
    messaging
        .producer()
        .publish(Message.builder(TOPIC).contentType("application/json").text("\"json\"").build());
    messaging
        .producer()
        .publish(
            Message.builder(TOPIC).contentType("application/octet-stream").text("bytes").build());
    messaging
        .producer()
        .publish(Message.builder(TOPIC).contentType("application/unheard-of").text("x").build());
    lab()
        .await("two dead letters", () -> messaging.counters().of(TOPIC, GROUP).deadLettered() == 2);
    assertThat(seen).containsExactly("plain", "json");
  }

  @Test
  @DisplayName(
      "Z29 Z32 brokers of different names share nothing; unwrap of a foreign type is empty")
  default void separate() {
    Messaging messaging = lab().open();
    try (Lab other = lab().another()) {
      Recorder seen = new Recorder();
      consume(other.open(), seen);
      consume(messaging, new Recorder());
      messaging.producer().publish(message("k", "v"));
      lab()
          .await(
              "handled",
              () -> messaging.counters().of(TOPIC, GROUP).acked() == 1 || !seen.runs().isEmpty());
      assertThat(seen.runs()).as("what came to another broker").isEmpty();
    }
    assertThat(messaging.unwrap(Thread.class)).as("unwrap of a foreign type").isEmpty();
  }

  @Test
  @DisplayName("Z31 unknown and wrong settings are reported all at once with a suggestion")
  default void settings() {
    assertThatThrownBy(
            () ->
                lab()
                    .open(
                        "retry.max-atempts", "3", "producer.window", "0", "memory.retain", "many"))
        .isInstanceOfSatisfying(
            MessagingException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFIG_INVALID))
        .hasMessageContaining("3 problems")
        .hasMessageContaining(
            "retry.max-atempts (code) is not a known setting; did you mean retry.max-attempts?")
        .hasMessageContaining("producer.window (code) was \"0\" but must be at least 1")
        .hasMessageContaining("memory.retain (code) was \"many\" but must be a whole number");
  }

  @Test
  @DisplayName(
      "Z28 an adapter that is not there is named, with those that are; several need a choice")
  default void providers() {
    assertThatThrownBy(() -> lab().open("broker", "rabbitmq"))
        .isInstanceOfSatisfying(
            MessagingException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.PROVIDER_MISSING))
        .hasMessageContaining("no broker provider named \"rabbitmq\"")
        .hasMessageContaining("memory")
        .hasMessageContaining("messaging-rabbitmq");
    assertThatThrownBy(
            () ->
                Messaging.builder()
                    .providers(new NamedProvider("a"), new NamedProvider("b"))
                    .open())
        .hasMessageContaining("MSG-PROVIDER-AMBIGUOUS")
        .hasMessageContaining("a, b");
  }

  /** An adapter with nothing but a name. */
  record NamedProvider(String name) implements dev.missive.spi.BrokerProvider {
    @Override
    public List<Setting> settings() {
      return List.of();
    }

    @Override
    public dev.missive.spi.Broker create(dev.missive.spi.BrokerContext context) {
      throw new UnsupportedOperationException();
    }
  }

  @Test
  @DisplayName("Z33 a failing consumer does not affect others on the connection")
  default void neighbours() {
    Messaging messaging = lab().open();
    Recorder good = new Recorder();
    consume(messaging, FakeHandler.failing());
    Lab.started(messaging.consumer("lab.good").group(GROUP).handler(good).build());
    for (int i = 0; i < 50; i++) {
      messaging.producer().publish(message("k", "bad"));
      messaging.producer().publish(Message.of("lab.good", new byte[1]));
    }
    lab().await(50, good);
  }

  @Test
  @DisplayName("Z34 PauseException pauses the intake, spends no attempt and runs the message again")
  default void pause_exception() {
    Messaging messaging = lab().open();
    AtomicBoolean down = new AtomicBoolean(true);
    Recorder seen =
        new Recorder(
            m -> {
              if (down.get()) {
                throw new PauseException(Duration.ofSeconds(30), "the database is away");
              }
            });
    Consumer consumer = consume(messaging, seen);
    messaging.producer().publish(message("a", "first"));
    lab().time.settle();
    messaging.producer().publish(message("b", "second"));
    lab().time.settle();
    assertThat(seen.texts()).containsExactly("first");
    assertThat(consumer.state()).isEqualTo(ConsumerState.PAUSED);
    assertThat(messaging.health().consumers().get(0).reason()).contains("the database is away");
    down.set(false);
    lab().time.advance(Duration.ofSeconds(30));
    assertThat(seen.texts()).containsExactly("first", "first", "second");
    assertThat(seen.runs()).extracting(Recorder.Run::attempt).containsOnly(1);
    assertThat(consumer.state()).isEqualTo(ConsumerState.RUNNING);
  }
}
