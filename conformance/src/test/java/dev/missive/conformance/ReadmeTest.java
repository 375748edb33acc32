package dev.missive.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.inject.AbstractModule;
import com.google.inject.Guice;
import com.google.inject.Injector;
import com.google.inject.Key;
import com.google.inject.name.Names;
import dev.missive.Consumer;
import dev.missive.DeadLetters;
import dev.missive.DrainReport;
import dev.missive.Handler;
import dev.missive.Health;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.NotRetryableException;
import dev.missive.Ordering;
import dev.missive.Producer;
import dev.missive.Receipt;
import dev.missive.ReceivedMessage;
import dev.missive.RetryPolicy;
import dev.missive.Router;
import dev.missive.TypedProducer;
import dev.missive.guice.MessagingModule;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.FakeHandler;
import dev.missive.testkit.Recorder;
import dev.missive.testkit.VirtualTime;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The code of README.md: it is compiled and run here, and the last test compares the two. */
final class ReadmeTest {
  private static final List<String> DONE = new CopyOnWriteArrayList<>();
  private final byte[] bytes = "{}".getBytes();
  private final Lab lab = new Lab();

  record OrderCreated(String customer, int pieces) {}

  @AfterEach
  void close() {
    lab.close();
  }

  @Test
  void handler() {
    // The usual settings come from outside; here the only adapter is the in-memory one.
    try (Messaging messaging = Messaging.open()) {
      Consumer consumer =
          messaging.consumer("orders").group("billing").handler(message -> bill(message)).build();
      consumer.start();
      consumer
          .ready()
          .toCompletableFuture()
          .join(); // what is published from now on will be delivered

      Receipt receipt = messaging.producer().publish(Message.of("orders", "customer-7", bytes));

      DrainReport report = consumer.stop(Duration.ofSeconds(30)); // nothing lost
      assertThat(receipt.id()).isNotEmpty();
      assertThat(report.complete()).isTrue();
    }
  }

  @Test
  void retries_and_dead_letters() {
    Messaging messaging = lab.open();
    messaging
        .consumer("payments")
        .group("ledger")
        .concurrency(16)
        .ordering(Ordering.KEY) // a key waits while one of its messages is retried
        .retry(
            RetryPolicy.exponential(Duration.ofMillis(200), Duration.ofMinutes(1)).maxAttempts(5))
        .handler(
            message -> {
              if (message.payload() == null) {
                throw new NotRetryableException("a payment needs a body");
              }
              book(message);
            })
        .build()
        .start();
    messaging.producer().publish(Message.of("payments", null));
    Receipt failing = messaging.producer().publish(Message.of("payments", bytes));
    Eventually.await(
        "a dead letter", () -> messaging.deadLetters().count("payments", "ledger") == 1);
    Eventually.await("the second run", () -> DONE.contains("booked " + failing.id() + " in run 2"));
    assertThat(DONE).doesNotContain("booked " + failing.id() + " in run 1");
    try (DeadLetters.Cursor cursor = messaging.deadLetters().open("payments", "ledger")) {
      for (DeadLetters.Letter letter : cursor.next(50)) {
        log(letter.reason() + " after " + letter.attempts() + ": " + letter.errorMessage());
        if (letter.reason() == DeadLetters.Reason.UNDECODABLE) {
          cursor.discard(letter);
        } else {
          cursor.redrive(letter);
        }
      }
    }
    assertThat(DONE).contains("NOT_RETRYABLE after 1: a payment needs a body");
  }

  @Test
  void router() {
    Messaging messaging = lab.open();
    Router router =
        messaging
            .router()
            .on("order.created", OrderCreated.class, (event, message) -> ship(event))
            .on("order.cancelled", message -> cancel(message))
            .otherwise(message -> log("not ours: " + message.type()));
    messaging.consumer("orders").group("shipping").handler(router).build().start();

    TypedProducer<OrderCreated> orders =
        messaging
            .producer()
            .typed("orders", OrderCreated.class)
            .type("order.created")
            .key(OrderCreated::customer);
    orders.publish(new OrderCreated("customer-7", 3));
    Eventually.await("it is shipped", () -> DONE.contains("3 to customer-7"));
  }

  @Test
  void test_without_a_broker() {
    VirtualTime time = new VirtualTime();
    Recorder recorder = new Recorder(FakeHandler.failing(2));
    try (Messaging messaging =
        Messaging.builder()
            .setting("broker", "memory")
            .setting("memory.name", "my-test")
            .time(time)
            .open()) {
      Consumer consumer = messaging.consumer("orders").group("billing").handler(recorder).build();
      consumer.start();
      messaging.producer().publish(Message.of("orders", bytes));
      time.advance(Duration.ofSeconds(5)); // both waits pass at once
      assert recorder.runs().size() == 3;
      consumer.stop(Duration.ZERO);
    }
    assertThat(recorder.runs()).hasSize(3);
  }

  static class OrdersModule extends MessagingModule {
    @Override
    protected void configureMessaging() {
      bindHandler("orders").group("billing").concurrency(4).to(BillingHandler.class);
    }
  }

  /** Made by the injector, and in need of something the injector has. */
  static final class BillingHandler implements Handler {
    private final Producer producer;

    @Inject
    BillingHandler(Producer producer) {
      this.producer = producer;
    }

    @Override
    public void handle(ReceivedMessage message) {
      DONE.add("billed by " + (producer == null ? "nobody" : "guice"));
    }
  }

  @Test
  void guice() {
    Injector injector =
        Guice.createInjector(
            new OrdersModule().settings(Map.of("broker", "memory", "memory.name", "guice-main")),
            MessagingModule.named("audit")
                .settings(Map.of("broker", "memory", "memory.name", "guice-audit")),
            new AbstractModule() {});
    Messaging messaging = injector.getInstance(Messaging.class);
    Messaging audit = injector.getInstance(Key.get(Messaging.class, Names.named("audit")));
    messaging.start();
    injector.getInstance(Producer.class).publish(Message.of("orders", bytes));
    Eventually.await("billed", () -> DONE.contains("billed by guice"));
    assertThat(injector.getInstance(Health.class).up()).isTrue();
    assertThat(injector.getInstance(Router.class)).isSameAs(injector.getInstance(Router.class));
    assertThat(audit).isNotSameAs(messaging);
    assertThat(messaging.close(Duration.ofSeconds(5))).hasSize(1).allMatch(DrainReport::complete);
    audit.close();
  }

  /** What is in the adapters' tests beside the block: which broker a class path opens. */
  @Test
  void the_readme_names_jars_that_are_published() throws IOException {
    String bom = Files.readString(folder().resolve("messaging-bom/pom.xml"));
    Matcher jars =
        Pattern.compile("<artifactId>(messaging-\\w+)</artifactId>")
            .matcher(Files.readString(folder().resolve("README.md")));
    List<String> shown = new ArrayList<>();
    while (jars.find()) {
      shown.add(jars.group(1));
    }
    assertThat(shown)
        .isNotEmpty()
        .allSatisfy(jar -> assertThat(bom).contains("<artifactId>" + jar + "</artifactId>"));
  }

  @Test
  void the_readme_shows_this_code() throws IOException {
    Path folder = folder();
    String here =
        squeeze(
            Files.readString(
                folder.resolve(
                    "conformance/src/test/java/dev/missive/conformance/ReadmeTest.java")));
    Matcher blocks =
        Pattern.compile("```java\n(.*?)```", Pattern.DOTALL)
            .matcher(Files.readString(folder.resolve("README.md")));
    int count = 0;
    while (blocks.find()) {
      count++;
      // The first block is the head of a try; its end is the test's own.
      String block = squeeze(blocks.group(1).replaceAll("}\\s*$", ""));
      assertThat(here).as("block " + count + " of README.md").contains(block);
    }
    assertThat(count).isEqualTo(6);
  }

  private static Path folder() {
    Path root = Path.of("").toAbsolutePath();
    return Files.exists(root.resolve("README.md")) ? root : root.getParent();
  }

  /** Without white space: the formatter breaks lines elsewhere at another depth. */
  private static String squeeze(String code) {
    return code.replaceAll("\\s+", "");
  }

  private static void bill(ReceivedMessage message) {
    log("billed " + message.id());
  }

  /** Fails in the first run, as what a payment needs may be away for a moment. */
  private static void book(ReceivedMessage message) {
    if (message.attempt() == 1) {
      throw new IllegalStateException("the ledger does not answer");
    }
    log("booked " + message.id() + " in run " + message.attempt());
  }

  private static void ship(OrderCreated event) {
    log(event.pieces() + " to " + event.customer());
  }

  private static void cancel(ReceivedMessage message) {
    log("cancelled " + message.id());
  }

  private static void log(String line) {
    DONE.add(line);
  }
}
