package dev.missive.kafka;

import static org.apache.kafka.common.acl.AclOperation.CREATE;
import static org.apache.kafka.common.acl.AclOperation.DELETE;
import static org.apache.kafka.common.acl.AclOperation.DESCRIBE;
import static org.apache.kafka.common.acl.AclOperation.DESCRIBE_CONFIGS;
import static org.apache.kafka.common.acl.AclOperation.READ;
import static org.apache.kafka.common.acl.AclOperation.WRITE;
import static org.apache.kafka.common.resource.ResourceType.GROUP;
import static org.apache.kafka.common.resource.ResourceType.TOPIC;
import static org.apache.kafka.common.resource.ResourceType.TRANSACTIONAL_ID;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.Consumer;
import dev.missive.DeadLetters;
import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.NotRetryableException;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.BrokerOptions;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a user must be allowed, as docs/kafka.md says, and what happens without. */
@Tag("broker")
final class KafkaPermissionsTest {
  private static final String PASSWORD = "s3cr3tcanary";
  private static final String LOGIN =
      "org.apache.kafka.common.security.plain.PlainLoginModule required";
  private static final Duration LONG = Duration.ofSeconds(60);

  @Test
  void what_is_documented_is_enough_and_what_is_missing_is_told() throws Exception {
    try (LiveBroker broker = LiveBrokers.start(guarded());
        Admin root = Admin.create(properties(broker, "root"))) {
      try (Messaging messaging = open(broker)) {
        assertRefused(
            ErrorCode.TOPOLOGY_FORBIDDEN, () -> messaging.topology().declare("orders", "billing"));
        assertRefused(ErrorCode.AUTH, () -> messaging.producer().publish(message("refused")));
        allow(root, TOPIC, "orders", DESCRIBE, WRITE);
        root.createTopics(List.of(WantedTopic.replies("orders").create(1))).all().get();
        awaitOrders(root, true);
        messaging.producer().publish(message("published without any other permission"));
        assertRefused(
            ErrorCode.AUTH,
            () -> messaging.producer().publish(message("d", Duration.ofSeconds(30))));
        assertRefused(
            ErrorCode.TOPOLOGY_FORBIDDEN,
            () -> messaging.consumer("orders").group("billing").handler(m -> {}).build().start());
        root.deleteTopics(List.of("orders")).all().get();
        awaitOrders(root, false);
      }
      allow(root, TOPIC, "orders", CREATE, DESCRIBE_CONFIGS, READ, DELETE);
      allow(root, GROUP, "orders.", READ);
      allow(root, TRANSACTIONAL_ID, "missive-", WRITE);
      allow(root, TOPIC, "missive.replies.", CREATE, READ, WRITE);
      try (Messaging messaging = open(broker)) {
        everythingWorks(messaging);
      }
    }
  }

  @Test
  void a_consumer_that_loses_its_permission_says_why_and_goes_on_when_it_has_it_again()
      throws Exception {
    try (LiveBroker broker = LiveBrokers.start(guarded());
        Admin root = Admin.create(properties(broker, "root"));
        Messaging messaging = open(broker);
        Warnings warnings = new Warnings()) {
      allow(root, TOPIC, "orders", CREATE, DESCRIBE, DESCRIBE_CONFIGS, READ, WRITE);
      allow(root, GROUP, "orders.", READ);
      Set<String> handled = ConcurrentHashMap.newKeySet();
      KafkaLoad.consumer(messaging, "orders", "billing", 1, m -> handled.add(m.id()));
      messaging.producer().publish(message("before"));
      Eventually.await("the first", LONG, () -> handled.contains("before"));

      root.deleteAcls(List.of(binding(GROUP, "orders.", READ).toFilter())).all().get();
      Eventually.await(
          "the reason",
          LONG,
          () ->
              warnings.lines.stream()
                  .anyMatch(line -> line.contains("MSG-AUTH") && line.contains("orders")));
      messaging.producer().publish(message("meanwhile"));
      allow(root, GROUP, "orders.", READ);

      Eventually.await("what came meanwhile", LONG, () -> handled.contains("meanwhile"));
    }
  }

  /** What the adapter warns of. */
  private static final class Warnings extends Handler implements AutoCloseable {
    final List<String> lines = new CopyOnWriteArrayList<>();
    private final Logger adapter = Logger.getLogger("dev.missive.kafka");

    Warnings() {
      adapter.addHandler(this);
    }

    @Override
    public void publish(LogRecord line) {
      if (line.getLevel().intValue() >= Level.WARNING.intValue()) {
        lines.add(new SimpleFormatter().formatMessage(line));
      }
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
      adapter.removeHandler(this);
    }
  }

  /** The controller answers before the broker knows. */
  private static void awaitOrders(Admin root, boolean there) {
    Eventually.await(
        "the broker knows of it",
        () -> {
          try {
            return root.listTopics().names().get().contains("orders") == there;
          } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  private static void everythingWorks(Messaging messaging) throws Exception {
    Set<String> handled = ConcurrentHashMap.newKeySet();
    AtomicBoolean broken = new AtomicBoolean(true);
    Consumer consumer =
        KafkaLoad.consumer(
            messaging,
            "orders",
            "billing",
            1,
            message -> {
              if (message.id().equals("broken") && broken.get()) {
                throw new NotRetryableException("broken");
              }
              handled.add(message.id());
            });
    messaging.producer().publish(message("now"));
    messaging.producer().publish(message("later", Duration.ofSeconds(1)));
    messaging.producer().publishAtomically(List.of(message("in a batch")));
    messaging.producer().publish(message("broken"));
    DeadLetters letters = messaging.deadLetters();
    Eventually.await("the letter", LONG, () -> letters.count("orders", "billing") == 1);
    broken.set(false);
    try (DeadLetters.Cursor cursor = letters.open("orders", "billing")) {
      cursor.redrive(DeadLetters.RedriveOptions.all());
    }
    Eventually.await(
        "all", LONG, () -> handled.containsAll(Set.of("now", "later", "in a batch", "broken")));
    consumer.stop(Duration.ofSeconds(10));
    try (Consumer answering =
        messaging
            .consumer("orders")
            .group("billing")
            .replyHandler(request -> request.reply().payload(request.payload()).build())
            .build()) {
      answering.start();
      messaging
          .requester()
          .request(message("asked"), Duration.ofSeconds(30))
          .toCompletableFuture()
          .get(120, TimeUnit.SECONDS);
    }
  }

  private static Message message(String id) {
    return Message.builder("orders").id(id).text("x").build();
  }

  private static Message message(String id, Duration delay) {
    return Message.builder("orders").id(id).text("x").delay(delay).build();
  }

  private static void assertRefused(ErrorCode code, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            MessagingException.class, e -> assertThat(e.code()).isEqualTo(code));
  }

  /** A broker that lets in a user and an administrator, and the brokers' own traffic. */
  private static BrokerOptions guarded() {
    return Brokers.kafka()
        .withProcess()
        .withUser("app", PASSWORD)
        .withConfig(
            "listener.name.client.plain.sasl.jaas.config",
            LOGIN + " user_app=\"" + PASSWORD + "\" user_root=\"" + PASSWORD + "\";")
        .withConfig(
            "authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer")
        .withConfig("super.users", "User:root;User:ANONYMOUS");
  }

  private static void allow(Admin root, ResourceType type, String prefix, AclOperation... all)
      throws Exception {
    List<AclBinding> bindings = new ArrayList<>();
    for (AclOperation operation : all) {
      bindings.add(binding(type, prefix, operation));
    }
    root.createAcls(bindings).all().get();
    // Answered by the controller; the broker learns of them a little later.
    for (AclBinding binding : bindings) {
      Eventually.await(
          binding.toString(),
          () ->
              root.describeAcls(binding.toFilter())
                  .values()
                  .toCompletionStage()
                  .toCompletableFuture()
                  .join()
                  .contains(binding));
    }
  }

  private static AclBinding binding(ResourceType type, String prefix, AclOperation operation) {
    return new AclBinding(
        new ResourcePattern(type, prefix, PatternType.PREFIXED),
        new AccessControlEntry("User:app", "*", operation, AclPermissionType.ALLOW));
  }

  private static Messaging open(LiveBroker broker) {
    List<String> settings = new ArrayList<>(List.of("application", "shop"));
    // A member that may not leave its group stays in it so long.
    settings.addAll(List.of("kafka.session-timeout", "6s"));
    properties(broker, "app")
        .forEach(
            (name, value) -> {
              if (!name.equals("bootstrap.servers")) {
                settings.add("kafka.client." + name);
                settings.add(value.toString());
              }
            });
    return KafkaLab.open(broker, "classic", settings.toArray(String[]::new));
  }

  private static Map<String, Object> properties(LiveBroker broker, String user) {
    return Map.of(
        "bootstrap.servers",
        broker.url(),
        "security.protocol",
        "SASL_PLAINTEXT",
        "sasl.mechanism",
        "PLAIN",
        "sasl.jaas.config",
        LOGIN + " username=\"" + user + "\" password=\"" + PASSWORD + "\";");
  }
}
