package dev.missive.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.ConnectionState;
import dev.missive.Consumer;
import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.PublishException;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.BrokerOptions;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import dev.missive.testkit.launcher.TlsFiles;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may come in, which broker is believed, and what nobody may see (semantics S24, S28, S29). */
@Tag("broker")
final class KafkaSecurityTest {
  private static final String CLIENT = "kafka.client.";
  private static final String JAAS = CLIENT + "sasl.jaas.config";
  private static final String CHANGED = "an0thercanary";
  private static final String TOPIC = KafkaLab.topic();
  private static final String PASSWORD = "s3cr3tcanary";
  private static final BrokerOptions USERS =
      Brokers.kafka().withProcess().withUser("app", PASSWORD);

  @ParameterizedTest
  @ValueSource(strings = {"PLAIN", "SCRAM-SHA-256"})
  void a_user_logs_in_and_a_wrong_password_is_told_at_once_and_never_shown(String mechanism) {
    LiveBroker broker = LiveBrokers.shared(USERS);
    works(broker, login("SASL_PLAINTEXT", mechanism, PASSWORD));

    MessagingException wrong =
        refused(broker, login("SASL_PLAINTEXT", mechanism, PASSWORD + "wrong"));

    assertThat(wrong.code()).isEqualTo(ErrorCode.AUTH);
    assertThat(everything(wrong)).contains("kafka.client.sasl").doesNotContain(PASSWORD);
    try (Messaging messaging =
        KafkaLab.open(broker, "classic", login("SASL_PLAINTEXT", mechanism, PASSWORD))) {
      assertThat(messaging.toString() + messaging.configuration()).doesNotContain(PASSWORD);
    }
  }

  @Test
  void changed_credentials_are_asked_for_once_per_auth_retry_while_the_clients_live()
      throws Exception {
    AtomicReference<String> password = new AtomicReference<>(PASSWORD);
    List<Long> asked = new CopyOnWriteArrayList<>();
    try (LiveBroker broker = LiveBrokers.start(USERS);
        Messaging messaging =
            opened(
                broker,
                "3s",
                () -> {
                  asked.add(System.nanoTime());
                  return jaas("SCRAM-SHA-256", password.get());
                })) {
      Queue<String> got = consuming(messaging);
      changePassword(broker);
      broker.restart();
      awaitState(messaging, ConnectionState.AUTH_FAILED);
      assertThatThrownBy(() -> messaging.producer().publish(message()))
          .isInstanceOfSatisfying(
              PublishException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.AUTH));
      long refusals = refusals(broker);
      int first = asked.size();
      Eventually.await("two more", Duration.ofSeconds(60), () -> asked.size() >= first + 2);
      assertThat(Duration.ofNanos(asked.get(first + 1) - asked.get(first)))
          .as("3 s, less what a call may begin late")
          .isGreaterThan(Duration.ofMillis(2_500));
      // One for each time they were asked for, and those that were under way before.
      assertThat(refusals(broker) - refusals).isLessThanOrEqualTo(asked.size() - first + 3L);

      password.set(CHANGED);

      awaitState(messaging, ConnectionState.CONNECTED);
      String after = messaging.producer().publish(message()).id();
      Eventually.await("the message after", Duration.ofSeconds(60), () -> got.contains(after));
      assertThat(messaging.health() + messaging.configuration().toString())
          .doesNotContain(PASSWORD)
          .doesNotContain(CHANGED);
    }
  }

  @Test
  void credentials_that_changed_before_they_are_refused_need_no_auth_retry() throws Exception {
    AtomicReference<String> password = new AtomicReference<>(PASSWORD);
    try (LiveBroker broker = LiveBrokers.start(USERS);
        Messaging messaging = opened(broker, "1h", () -> jaas("SCRAM-SHA-256", password.get()))) {
      Queue<String> got = consuming(messaging);
      changePassword(broker);
      password.set(CHANGED);

      broker.restart();

      awaitState(messaging, ConnectionState.CONNECTED);
      String after = messaging.producer().publish(message()).id();
      Eventually.await("the message after", Duration.ofSeconds(60), () -> got.contains(after));
    }
  }

  /** Three logins with the old ones are refused before the new ones are known. */
  @Test
  void credentials_that_come_late_need_no_auth_retry_either() throws Exception {
    AtomicReference<Messaging> opened = new AtomicReference<>();
    Supplier<String> slow =
        () -> {
          Messaging messaging = opened.get();
          if (messaging == null) {
            return jaas("SCRAM-SHA-256", PASSWORD);
          }
          awaitState(messaging, ConnectionState.AUTH_FAILED);
          return jaas("SCRAM-SHA-256", CHANGED);
        };
    try (LiveBroker broker = LiveBrokers.start(USERS);
        Messaging messaging = opened(broker, "1h", slow)) {
      Queue<String> got = consuming(messaging);
      changePassword(broker);
      opened.set(messaging);

      broker.restart();

      awaitState(messaging, ConnectionState.AUTH_FAILED);
      awaitState(messaging, ConnectionState.CONNECTED);
      String after = messaging.producer().publish(message()).id();
      Eventually.await("the message after", Duration.ofSeconds(60), () -> got.contains(after));
    }
  }

  @Test
  void a_client_that_is_unwrapped_before_the_first_login_logs_in_too() throws Exception {
    LiveBroker broker = LiveBrokers.shared(USERS);
    try (Messaging messaging = opened(broker, "1h", () -> jaas("SCRAM-SHA-256", PASSWORD))) {
      Admin admin = messaging.unwrap(Admin.class).orElseThrow();

      assertThat(admin.describeCluster().nodes().get(120, TimeUnit.SECONDS)).isNotEmpty();
      messaging.start();
      assertThat(messaging.health().connection().state()).isEqualTo(ConnectionState.CONNECTED);
    }
  }

  private static Messaging opened(LiveBroker broker, String authRetry, Supplier<String> jaas) {
    return KafkaLab.builder(
            broker.url(), "classic", login("SASL_PLAINTEXT", "SCRAM-SHA-256", "unused"))
        .setting("kafka.auth-retry", authRetry)
        .setting("kafka.session-timeout", "10s")
        .credential(JAAS, jaas)
        .open();
  }

  /** A consumer that is ready and has had a message. */
  private static Queue<String> consuming(Messaging messaging) {
    Queue<String> got = new ConcurrentLinkedQueue<>();
    Consumer consumer = messaging.consumer(TOPIC).group("g").handler(m -> got.add(m.id())).build();
    consumer.start();
    consumer.ready().toCompletableFuture().join();
    String before = messaging.producer().publish(message()).id();
    Eventually.await("the message before", () -> got.contains(before));
    return got;
  }

  private static Message message() {
    return Message.builder(TOPIC).text("x").build();
  }

  private static void changePassword(LiveBroker broker) throws Exception {
    String[] login = login("SASL_PLAINTEXT", "SCRAM-SHA-256", PASSWORD);
    ScramCredentialInfo info = new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096);
    try (Admin admin = Admin.create(raw(broker, login))) {
      admin
          .alterUserScramCredentials(
              List.of(new UserScramCredentialUpsertion("app", info, CHANGED)))
          .all()
          .get();
    }
  }

  private static void awaitState(Messaging messaging, ConnectionState state) {
    Eventually.await(
        state.name(),
        Duration.ofSeconds(60),
        () -> messaging.health().connection().state() == state);
  }

  /** How many logins the broker says it has refused. */
  private static long refusals(LiveBroker broker) {
    return broker
        .node()
        .log(10_000)
        .lines()
        .filter(l -> l.contains("ailed authentication"))
        .count();
  }

  private static Map<String, Object> raw(LiveBroker broker, String[] login) {
    Map<String, Object> properties = new HashMap<>(Map.of("bootstrap.servers", broker.url()));
    for (int i = 0; i < login.length; i += 2) {
      properties.put(login[i].substring(CLIENT.length()), login[i + 1]);
    }
    return properties;
  }

  @Test
  void a_listener_of_another_kind_is_a_clear_error_and_no_endless_wait() {
    MessagingException wrong = refused(LiveBrokers.shared(USERS), "connect.fail-fast", "true");

    assertThat(wrong.code()).isEqualTo(ErrorCode.BROKER_UNREACHABLE);
    assertThat(everything(wrong)).contains("kafka.client.security.protocol");
  }

  @Test
  void tls_verifies_the_authority_and_login_works_inside_of_it() {
    try (LiveBroker broker =
        LiveBrokers.start(
            Brokers.kafka().withProcess().withTls("127.0.0.1").withUser("app", PASSWORD))) {
      works(broker, and(login("SASL_SSL", "PLAIN", PASSWORD), trust(broker)));

      MessagingException unknown = refused(broker, login("SASL_SSL", "PLAIN", PASSWORD));

      assertThat(unknown.code()).isEqualTo(ErrorCode.TLS);
      assertThat(everything(unknown)).doesNotContain(PASSWORD);
    }
  }

  @Test
  void a_certificate_for_another_host_is_refused_unless_an_insecure_setting_takes_it() {
    try (LiveBroker broker =
        LiveBrokers.start(Brokers.kafka().withProcess().withTls("other.example"))) {
      String[] tls = and(new String[] {CLIENT + "security.protocol", "SSL"}, trust(broker));

      assertThat(refused(broker, tls).code()).isEqualTo(ErrorCode.TLS);

      works(broker, and(tls, "kafka.insecure-any-host", "true"));
    }
  }

  private static String[] login(String protocol, String mechanism, String password) {
    return new String[] {
      CLIENT + "security.protocol",
      protocol,
      CLIENT + "sasl.mechanism",
      mechanism,
      JAAS,
      jaas(mechanism, password)
    };
  }

  private static String jaas(String mechanism, String password) {
    String module =
        "org.apache.kafka.common.security."
            + (mechanism.equals("PLAIN") ? "plain.PlainLoginModule" : "scram.ScramLoginModule");
    return module + " required username=\"app\" password=\"" + password + "\";";
  }

  private static String[] trust(LiveBroker broker) {
    return new String[] {
      CLIENT + "ssl.truststore.location",
      broker.tls().orElseThrow().trustStore().toString(),
      CLIENT + "ssl.truststore.password",
      TlsFiles.PASSWORD
    };
  }

  private static String[] and(String[] settings, String... more) {
    List<String> all = new ArrayList<>(List.of(settings));
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }

  /** Publishes and gets one message. */
  private static void works(LiveBroker broker, String... settings) {
    Queue<String> got = new ConcurrentLinkedQueue<>();
    String topic = KafkaLab.topic();
    try (Messaging messaging = KafkaLab.open(broker, "classic", settings)) {
      Consumer consumer =
          messaging.consumer(topic).group("g").handler(m -> got.add(m.id())).build();
      consumer.start();
      consumer.ready().toCompletableFuture().join();
      String id = messaging.producer().publish(Message.builder(topic).text("x").build()).id();
      Eventually.await("the message", () -> got.contains(id));
    }
  }

  private static MessagingException refused(LiveBroker broker, String... settings) {
    try (Messaging messaging = KafkaLab.open(broker, "classic", settings)) {
      messaging.consumer(KafkaLab.topic()).group("g").handler(m -> {}).build().start();
    } catch (MessagingException e) {
      return e;
    }
    throw new AssertionError("it was let in");
  }

  private static String everything(Throwable error) {
    StringBuilder text = new StringBuilder();
    for (Throwable e = error; e != null; e = e.getCause()) {
      text.append(e).append('\n');
    }
    return text.toString();
  }
}
