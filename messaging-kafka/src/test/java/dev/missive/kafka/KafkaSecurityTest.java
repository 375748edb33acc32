package dev.missive.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Consumer;
import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import dev.missive.testkit.launcher.TlsFiles;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may come in, which broker is believed, and what nobody may see (semantics S24, S28, S29). */
@Tag("broker")
final class KafkaSecurityTest {
  private static final String CLIENT = "kafka.client.";
  private static final String PASSWORD = "s3cr3tcanary";

  @ParameterizedTest
  @ValueSource(strings = {"PLAIN", "SCRAM-SHA-256"})
  void a_user_logs_in_and_a_wrong_password_is_told_at_once_and_never_shown(String mechanism) {
    try (LiveBroker broker =
        LiveBrokers.start(Brokers.kafka().withProcess().withUser("app", PASSWORD))) {
      works(broker, login("SASL_PLAINTEXT", mechanism, PASSWORD));

      MessagingException wrong =
          refused(broker, login("SASL_PLAINTEXT", mechanism, PASSWORD + "wrong"));

      assertThat(wrong.code()).isEqualTo(ErrorCode.AUTH);
      assertThat(everything(wrong)).contains("kafka.client.sasl").doesNotContain(PASSWORD);
      try (Messaging messaging =
          Live.open(broker, "classic", login("SASL_PLAINTEXT", mechanism, PASSWORD))) {
        assertThat(messaging.toString() + messaging.configuration()).doesNotContain(PASSWORD);
      }
    }
  }

  @Test
  void a_listener_of_another_kind_is_a_clear_error_and_no_endless_wait() {
    try (LiveBroker broker =
        LiveBrokers.start(Brokers.kafka().withProcess().withUser("app", PASSWORD))) {
      MessagingException wrong = refused(broker, "connect.fail-fast", "true");

      assertThat(wrong.code()).isEqualTo(ErrorCode.BROKER_UNREACHABLE);
      assertThat(everything(wrong)).contains("kafka.client.security.protocol");
    }
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
    String module =
        "org.apache.kafka.common.security."
            + (mechanism.equals("PLAIN") ? "plain.PlainLoginModule" : "scram.ScramLoginModule");
    return new String[] {
      CLIENT + "security.protocol",
      protocol,
      CLIENT + "sasl.mechanism",
      mechanism,
      CLIENT + "sasl.jaas.config",
      module + " required username=\"app\" password=\"" + password + "\";"
    };
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
    String topic = Live.topic();
    try (Messaging messaging = Live.open(broker, "classic", settings)) {
      Consumer consumer =
          messaging.consumer(topic).group("g").handler(m -> got.add(m.id())).build();
      consumer.start();
      consumer.ready().toCompletableFuture().join();
      String id = messaging.producer().publish(Message.builder(topic).text("x").build()).id();
      Eventually.await("the message", () -> got.contains(id));
    }
  }

  private static MessagingException refused(LiveBroker broker, String... settings) {
    try (Messaging messaging = Live.open(broker, "classic", settings)) {
      messaging.consumer(Live.topic()).group("g").handler(m -> {}).build().start();
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
