package dev.missive.rabbitmq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.testkit.Recorder;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import dev.missive.testkit.launcher.TlsFiles;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * S28: chain and host name are verified unless an option named insecure says otherwise. The broker
 * wants a certificate of the client too.
 */
@Tag("broker")
final class RabbitTlsTest {
  private final LiveBroker broker =
      LiveBrokers.shared(
          Brokers.rabbitmq()
              .withProcess()
              .withTls("127.0.0.1")
              .withConfig("ssl_options.fail_if_no_peer_cert", "true"));
  private final TlsFiles files = broker.tls().orElseThrow();
  private final RabbitLab lab = new RabbitLab(broker);

  @AfterEach
  void close() throws Exception {
    lab.close();
  }

  @Test
  void two_sides_that_trust_each_other_connect() {
    works(open(Map.of("key-store", files.clientStore().toString())));
  }

  @Test
  void a_trust_store_may_be_a_pem_file() {
    works(
        open(
            Map.of(
                "key-store",
                files.clientStore().toString(),
                "trust-store",
                files.authority().toString())));
  }

  @Test
  void a_client_without_a_certificate_is_refused() {
    refused(open(Map.of()));
  }

  @Test
  void a_certificate_of_another_host_is_refused() {
    refused(elsewhere(Map.of("key-store", files.clientStore().toString())));
  }

  @Test
  void a_certificate_of_another_host_is_accepted_where_insecure_says_so() {
    works(
        elsewhere(
            Map.of("key-store", files.clientStore().toString(), "insecure-any-host", "true")));
  }

  @Test
  void a_certificate_nobody_trusts_is_refused() {
    // The store of the JVM does not know this authority.
    refused(lab.open(Map.of()));
  }

  private Messaging open(Map<String, String> tls) {
    return lab.open(settings(tls));
  }

  /** The certificate is made out to 127.0.0.1, not to this name. */
  private Messaging elsewhere(Map<String, String> tls) {
    Map<String, String> settings = settings(tls);
    settings.put("rabbitmq.url", broker.url().replace("127.0.0.1", "localhost"));
    return lab.open(settings);
  }

  private Map<String, String> settings(Map<String, String> tls) {
    Map<String, String> settings = new HashMap<>();
    settings.put("rabbitmq.tls.trust-store", files.trustStore().toString());
    settings.put("rabbitmq.tls.trust-store-password", TlsFiles.PASSWORD);
    settings.put("rabbitmq.tls.key-store-password", TlsFiles.PASSWORD);
    tls.forEach((key, value) -> settings.put("rabbitmq.tls." + key, value));
    return settings;
  }

  private void works(Messaging messaging) {
    Recorder recorder = new Recorder();
    lab.start(messaging, lab.topic, "g", recorder, builder -> builder);

    messaging.producer().publish(Message.builder(lab.topic).text("by TLS").build());

    assertThat(recorder.await(1).get(0).text()).isEqualTo("by TLS");
  }

  private static void refused(Messaging messaging) {
    assertThatThrownBy(messaging::start)
        .isInstanceOfSatisfying(
            MessagingException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.TLS);
              assertThat(e.getMessage()).contains("rabbitmq.tls").doesNotContain(TlsFiles.PASSWORD);
            });
  }
}
