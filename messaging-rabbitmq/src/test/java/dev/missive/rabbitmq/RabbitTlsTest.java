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
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** S28: chain and host name are verified unless an option named insecure says otherwise. */
@Tag("broker")
final class RabbitTlsTest {
  private static final String PASSWORD = "changeit";

  @TempDir Path folder;
  private final LiveBroker broker = LiveBrokers.shared(Brokers.rabbitmq());
  private final Bench bench = new Bench(broker);
  private final List<TlsFront> fronts = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    bench.close();
    for (TlsFront front : fronts) {
      front.close();
    }
  }

  @Test
  void a_certificate_of_this_host_is_accepted() throws Exception {
    Recorder recorder = new Recorder();
    Messaging messaging = open("dns:localhost", Map.of());
    bench.start(messaging, bench.topic, "g", recorder, builder -> builder);

    messaging.producer().publish(Message.builder(bench.topic).text("by TLS").build());

    assertThat(recorder.await(1).get(0).text()).isEqualTo("by TLS");
  }

  @Test
  void a_certificate_of_another_host_is_refused() throws Exception {
    refused(open("dns:elsewhere.example", Map.of()));
  }

  @Test
  void a_certificate_of_another_host_is_accepted_where_insecure_says_so() throws Exception {
    Messaging messaging =
        open("dns:elsewhere.example", Map.of("rabbitmq.tls.insecure-any-host", "true"));

    messaging.start();
    assertThat(messaging.health().connection().version()).isNotNull();
  }

  @Test
  void a_certificate_nobody_trusts_is_refused() throws Exception {
    Path store = keys("dns:localhost", "trusted.p12");
    TlsFront front = front(keys("dns:localhost", "other.p12"));
    refused(bench.open(settings(front, store, Map.of())));
  }

  private static void refused(Messaging messaging) {
    assertThatThrownBy(messaging::start)
        .isInstanceOfSatisfying(
            MessagingException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.TLS);
              assertThat(e.getMessage()).doesNotContain(PASSWORD);
            });
  }

  private Messaging open(String name, Map<String, String> more) throws Exception {
    Path store = keys(name, "keys.p12");
    return bench.open(settings(front(store), store, more));
  }

  private TlsFront front(Path store) throws Exception {
    TlsFront front = new TlsFront(store, PASSWORD, URI.create(broker.directUrl()).getPort());
    fronts.add(front);
    return front;
  }

  private static Map<String, String> settings(
      TlsFront front, Path trusted, Map<String, String> more) {
    Map<String, String> settings =
        new java.util.HashMap<>(
            Map.of(
                "rabbitmq.url",
                "amqps://guest:guest@localhost:" + front.port(),
                "rabbitmq.tls.trust-store",
                trusted.toString(),
                "rabbitmq.tls.trust-store-password",
                PASSWORD));
    settings.putAll(more);
    return settings;
  }

  /** A key and its self-signed certificate, which also serves as the trusted one. */
  private Path keys(String name, String file) throws Exception {
    Path store = folder.resolve(file);
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "broker",
                "-keyalg",
                "EC",
                "-dname",
                "CN=broker",
                "-ext",
                "SAN=" + name,
                "-storetype",
                "PKCS12",
                "-keystore",
                store.toString(),
                "-storepass",
                PASSWORD)
            .redirectErrorStream(true)
            .start();
    String said = new String(keytool.getInputStream().readAllBytes());
    assertThat(keytool.waitFor()).as(said).isZero();
    return store;
  }
}
