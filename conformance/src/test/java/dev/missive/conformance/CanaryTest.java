package dev.missive.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.missive.Consumer;
import dev.missive.DeadLetters;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.Outcome;
import dev.missive.Position;
import dev.missive.PublishException;
import dev.missive.ReceivedMessage;
import dev.missive.RetryPolicy;
import dev.missive.Topology;
import dev.missive.testkit.FakeHandler;
import dev.missive.testkit.VirtualTime;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A password and a payload go through every leg, and must show up nowhere. */
public class CanaryTest {
  private static final String PASSWORD = "canary-password-4711";
  private static final String PAYLOAD = "canary-payload-0815";
  private static final String TOPIC = "canary.orders";
  private static final String GROUP = "billing";

  /** What applications implement, and what has no state to show. */
  private static final Set<String> NOT_OURS_TO_SHOW =
      Set.of(
          "AsyncHandler",
          "BatchHandler",
          "Codec",
          "Handler",
          "Header",
          "IdempotencyStore",
          "Interceptor",
          "NotRetryableException",
          "OutcomeHandler",
          "PauseException",
          "ReplyHandler",
          "TypedHandler");

  /** Read once, as that takes longer than everything else here. */
  private static final JavaClasses OURS =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.missive");

  private final List<String> shown = new ArrayList<>();
  private final List<Object> objects = new ArrayList<>();
  private final Logger own = Logger.getLogger("dev.missive");
  private final LogLines listener = new LogLines(() -> true);
  private Level before = Level.INFO;
  private Lab lab;

  /** What is done to the builder of every connection before everything else. */
  protected Messaging.Builder opening(Messaging.Builder builder) {
    return builder;
  }

  @BeforeEach
  void listen() {
    before = own.getLevel();
    own.setLevel(Level.ALL);
    lab = Lab.virtual(new VirtualTime(), this::opening);
    lab.broker.requireCredentials("app", PASSWORD);
  }

  @AfterEach
  void stopListening() {
    listener.close();
    own.setLevel(before);
    lab.close();
  }

  @Test
  @DisplayName("Z24 no log, report, toString or exception shows a password or a payload")
  public void nowhere() {
    wrongPassword();
    Messaging messaging = open(PASSWORD);
    look(messaging);
    publishing(messaging);
    failing(messaging);
    undecodable(messaging);
    deadLetters(messaging);
    requests(messaging);
    faults(messaging);
    look(lab.call("closing", () -> messaging.close(Duration.ofSeconds(5))));

    shown.addAll(listener.lines());
    objects.forEach(object -> shown.add(object.getClass().getName() + " " + object));
    assertThat(shown).hasSizeGreaterThan(40);
    assertThat(shown).filteredOn(text -> text.contains(PASSWORD)).as("password").isEmpty();
    assertThat(shown).filteredOn(text -> text.contains(PAYLOAD)).as("payload").isEmpty();
    assertThat(typesNobodySaw()).as("public types whose toString was not looked at").isEmpty();
  }

  private Messaging open(String password) {
    return lab.open(
        builder -> {
          look(builder);
          return builder;
        },
        "memory.username",
        "app",
        "memory.password",
        password,
        "producer.deadline",
        "1s");
  }

  private void wrongPassword() {
    lab.broker.requireCredentials("app", "another");
    Messaging refused = open(PASSWORD);
    failing(() -> run(refused::start));
    look(refused.health());
    lab.broker.requireCredentials("app", PASSWORD);
  }

  private void publishing(Messaging messaging) {
    messaging.topology().declare(TOPIC, GROUP);
    Message message = message();
    look(message, message.toBuilder(), messaging.producer());
    look(messaging.producer().publish(message));
    look(messaging.producer().publishBatch(List.of(message(), Message.of("canary.none", bytes()))));
    failing(() -> messaging.producer().publish(Message.of("canary.none", bytes())));
    failing(() -> messaging.producer().publish(message().toBuilder().header("CC", "x").build()));
    byte[] large = new byte[2_000_000];
    System.arraycopy(bytes(), 0, large, 0, bytes().length);
    failing(() -> messaging.producer().publish(Message.of(TOPIC, large)));
    look(messaging.producer().typed(TOPIC, String.class));
    look(new PublishException(dev.missive.ErrorCode.INTERNAL, outcome(), "none", null));
  }

  private static PublishException.Outcome outcome() {
    return PublishException.Outcome.UNKNOWN;
  }

  private void failing(Messaging messaging) {
    RetryPolicy policy =
        RetryPolicy.exponential(Duration.ofMillis(5), Duration.ofMillis(5)).maxAttempts(2);
    Consumer.Builder builder = messaging.consumer(TOPIC).group(GROUP).retry(policy);
    look(policy, builder, Outcome.ack(), Outcome.deadLetter("none"));
    List<ReceivedMessage> seen = new CopyOnWriteArrayList<>();
    Consumer consumer =
        builder
            .handler(
                m -> {
                  seen.add(m);
                  look(m, m.reply());
                  FakeHandler.failing().handle(m);
                })
            .build();
    consumer.start();
    consumer.ready().toCompletableFuture().join();
    lab.await("dead-lettered", () -> messaging.counters().of(TOPIC, GROUP).deadLettered() == 2);
    look(consumer, messaging.health(), messaging.counters(), messaging.router());
    look(lab.call("stopping", () -> consumer.stop(Duration.ofSeconds(5))));
    look(seen);
  }

  private void undecodable(Messaging messaging) {
    Consumer consumer =
        messaging
            .consumer("canary.typed")
            .group(GROUP)
            .typedHandler(Number.class, (number, m) -> {})
            .build();
    consumer.start();
    consumer.ready().toCompletableFuture().join();
    messaging.producer().publish(Message.of("canary.typed", ("{" + PAYLOAD).getBytes()));
    lab.await(
        "dead-lettered", () -> messaging.counters().of("canary.typed", GROUP).deadLettered() == 1);
    try (DeadLetters.Cursor cursor = messaging.deadLetters().open("canary.typed", GROUP)) {
      cursor.next(1).forEach(letter -> look(letter, letter.headers(), letter.errorMessage()));
    }
  }

  /** What the undecodable message should have been. */
  record Number(int value) {}

  private void deadLetters(Messaging messaging) {
    look(messaging.deadLetters(), DeadLetters.RedriveOptions.all());
    try (DeadLetters.Cursor cursor = messaging.deadLetters().open(TOPIC, GROUP)) {
      List<DeadLetters.Letter> letters = cursor.next(10);
      look(cursor, letters);
      letters.forEach(letter -> look(letter, letter.headers(), letter.message()));
    }
    try (DeadLetters.Cursor cursor = messaging.deadLetters().open(TOPIC, GROUP)) {
      look(lab.call("redriving", () -> cursor.redrive(DeadLetters.RedriveOptions.all())));
    }
    look(messaging.topology(), messaging.topology().depth(TOPIC, GROUP), new Position(0, 1));
    look(messaging.topology().plan(Topology.Plan.empty().group(TOPIC, "other")));
    look(messaging.configuration(), messaging.configuration().get(0));
  }

  private void requests(Messaging messaging) {
    Consumer responder =
        messaging
            .consumer("canary.ask")
            .group(GROUP)
            .replyHandler(
                request -> {
                  throw new IllegalStateException("no answer");
                })
            .build();
    responder.start();
    responder.ready().toCompletableFuture().join();
    look(messaging.requester());
    Message request = Message.of("canary.ask", bytes());
    failing(
        () ->
            messaging
                .requester()
                .request(request, Duration.ofSeconds(5))
                .toCompletableFuture()
                .join());
  }

  private void faults(Messaging messaging) {
    lab.broker.rejectNext(Integer.MAX_VALUE);
    failing(() -> messaging.producer().publish(message()));
    lab.broker.rejectNext(0);
    lab.broker.block();
    failing(() -> messaging.producer().publish(message()));
    lab.broker.unblock();
    lab.broker.withholdConfirms();
    failing(() -> messaging.producer().publish(message()));
    lab.broker.releaseConfirms();
    lab.broker.drop();
    look(messaging.health());
  }

  private static Message message() {
    return Message.of(TOPIC, "k", bytes());
  }

  private static byte[] bytes() {
    return PAYLOAD.getBytes(StandardCharsets.UTF_8);
  }

  private static Object run(Runnable task) {
    task.run();
    return "done";
  }

  /** Calls what fails, and keeps the failure with its whole stack. */
  private void failing(Supplier<?> call) {
    try {
      lab.call("what fails", call);
    } catch (RuntimeException e) {
      StringWriter text = new StringWriter();
      e.printStackTrace(new PrintWriter(text));
      shown.add(text.toString());
      look(e);
      return;
    }
    throw new AssertionError("it did not fail");
  }

  private synchronized void look(Object... some) {
    objects.addAll(List.of(some));
    for (Object object : some) {
      if (object instanceof List<?> list) {
        objects.addAll(list);
      }
    }
  }

  /** So that a type that comes later is looked at too. */
  private Set<String> typesNobodySaw() {
    Set<String> missing = new TreeSet<>();
    for (JavaClass type : OURS) {
      boolean counts =
          type.getPackageName().equals("dev.missive")
              && type.getModifiers().contains(JavaModifier.PUBLIC)
              && !type.getName().contains("$")
              && !type.isEnum()
              && !NOT_OURS_TO_SHOW.contains(type.getSimpleName());
      if (counts && objects.stream().noneMatch(type.reflect()::isInstance)) {
        missing.add(type.getSimpleName());
      }
    }
    return missing;
  }
}
