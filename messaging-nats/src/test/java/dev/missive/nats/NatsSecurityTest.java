package dev.missive.nats;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.ErrorCode;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.PublishException;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.BrokerOptions;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import io.nats.client.NKey;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who may come in, and what nobody may see. */
@Tag("broker")
class NatsSecurityTest {
  private static final String CANARY = "s3cr3t-canary";

  private static LiveBroker with(String key, String value) {
    return LiveBrokers.start(Brokers.nats().withProcess().withConfig(key, value));
  }

  /** Publishes and gets one message. */
  private static void works(LiveBroker server, String... settings) {
    try (NatsLab lab = new NatsLab(server)) {
      Queue<String> got = new ConcurrentLinkedQueue<>();
      Messaging messaging = lab.open(settings);
      lab.start(messaging, message -> got.add(NatsLab.text(message)));
      messaging.producer().publish(lab.message("x"));
      Eventually.await("the message", () -> got.contains("x"));
    }
  }

  private static MessagingException refused(LiveBroker server, String... settings) {
    try (NatsLab lab = new NatsLab(server)) {
      Messaging messaging = lab.open(settings);
      try {
        lab.start(messaging, message -> {});
      } catch (MessagingException e) {
        return e;
      }
      throw new AssertionError("it was let in");
    }
  }

  private static String everything(Throwable error) {
    StringBuilder text = new StringBuilder();
    for (Throwable e = error; e != null; e = e.getCause()) {
      text.append(e).append('\n');
    }
    return text.toString();
  }

  @Test
  void user_and_password_are_asked_for_and_never_shown() {
    try (LiveBroker server =
        with("authorization", "{ users: [ { user: app, password: \"" + CANARY + "\" } ] }")) {
      works(server, "nats.username", "app", "nats.password", CANARY);
      String host = server.url().replace("nats://", "");
      works(server, "nats.servers", "nats://app:" + CANARY + "@" + host);

      MessagingException wrong =
          refused(server, "nats.username", "app", "nats.password", CANARY + "-wrong");
      MessagingException inAddress =
          refused(server, "nats.servers", "nats://app:" + CANARY + "-wrong@" + host);
      MessagingException unreachable =
          refused(
              server,
              "nats.servers",
              "nats://app:" + CANARY + "@127.0.0.1:1",
              "connect.fail-fast",
              "true");

      assertThat(wrong.code()).isEqualTo(ErrorCode.AUTH);
      assertThat(inAddress.code()).isEqualTo(ErrorCode.AUTH);
      assertThat(unreachable.code()).isEqualTo(ErrorCode.BROKER_UNREACHABLE);
      assertThat(everything(wrong) + everything(inAddress) + everything(unreachable))
          .doesNotContain(CANARY);
      try (NatsLab lab = new NatsLab(server)) {
        Messaging messaging = lab.open("nats.servers", "nats://app:" + CANARY + "@" + host);
        assertThat(messaging.toString() + messaging.configuration()).doesNotContain(CANARY);
      }
    }
  }

  @Test
  void a_token_opens() {
    try (LiveBroker server = with("authorization", "{ token: \"" + CANARY + "\" }")) {
      works(server, "nats.token", CANARY);
      assertThat(refused(server, "nats.token", "other").code()).isEqualTo(ErrorCode.AUTH);
      assertThat(refused(server).code()).isEqualTo(ErrorCode.AUTH);
    }
  }

  @Test
  void an_nkey_opens() throws Exception {
    NKey user = NKey.createUser(null);
    try (LiveBroker server =
        with(
            "authorization",
            "{ users: [ { nkey: " + String.valueOf(user.getPublicKey()) + " } ] }")) {
      works(server, "nats.nkey", String.valueOf(user.getSeed()));
      String other = String.valueOf(NKey.createUser(null).getSeed());
      MessagingException wrong = refused(server, "nats.nkey", other);
      assertThat(wrong.code()).isEqualTo(ErrorCode.AUTH);
      assertThat(everything(wrong)).doesNotContain(other);
    }
  }

  @Test
  void what_is_forbidden_says_so() {
    String jetStream = "\"$JS.API.INFO\", \"$JS.API.STREAM.NAMES\"";
    try (LiveBroker server =
        with(
            "authorization",
            "{ users: [ { user: app, password: p, permissions: { publish: { allow: [ "
                + jetStream
                + ", \"_INBOX.>\" ] } } } ] }")) {
      try (NatsLab lab = new NatsLab(server)) {
        Messaging messaging = lab.open("nats.username", "app", "nats.password", "p");

        assertThatThrownBy(() -> messaging.producer().publish(lab.message("x")))
            .isInstanceOfSatisfying(
                PublishException.class,
                e -> {
                  assertThat(e.code()).isEqualTo(ErrorCode.AUTH);
                  assertThat(e.outcome()).isEqualTo(PublishException.Outcome.NOT_STORED);
                });
        assertThatThrownBy(() -> messaging.topology().declare(lab.topic, NatsLab.GROUP))
            .hasMessageContaining("MSG-TOPOLOGY-FORBIDDEN");
      }
    }
  }

  @Test
  void a_server_without_jetstream_is_refused_with_what_to_do() {
    BrokerOptions options = Brokers.nats().withProcess().withConfig("jetstream", "disabled");
    try (LiveBroker server = LiveBrokers.start(options)) {
      assertThat(refused(server))
          .hasMessageContaining("MSG-CAPABILITY-MISSING")
          .hasMessageContaining("-js");
    }
  }

  @Test
  void a_certificate_for_another_host_is_refused(@TempDir Path folder) throws Exception {
    Path right = certificate(folder, "right", "dns:localhost,ip:127.0.0.1");
    Path wrong = certificate(folder, "wrong", "dns:elsewhere.example");
    try (LiveBroker server = tls(right)) {
      String port = server.url().replaceAll(".*:", "");
      String trust = right.resolve("ca.pem").toString();
      works(server, "nats.servers", "tls://localhost:" + port, "nats.tls-truststore", trust);
      works(server, "nats.servers", "tls://127.0.0.1:" + port, "nats.tls-truststore", trust);
      assertThat(refused(server, "nats.servers", "tls://localhost:" + port).code())
          .as("a certificate nobody vouches for")
          .isEqualTo(ErrorCode.TLS);
      assertThat(refused(server).code()).as("no TLS at all").isEqualTo(ErrorCode.TLS);
    }
    try (LiveBroker server = tls(wrong)) {
      String address = "tls://localhost:" + server.url().replaceAll(".*:", "");
      String trust = wrong.resolve("ca.pem").toString();
      MessagingException refused =
          refused(server, "nats.servers", address, "nats.tls-truststore", trust);
      assertThat(refused.code()).isEqualTo(ErrorCode.TLS);
      assertThat(refused).hasMessageContaining("localhost");
      works(
          server,
          "nats.servers",
          address,
          "nats.tls-truststore",
          trust,
          "nats.insecure-any-host",
          "true");
    }
  }

  private static LiveBroker tls(Path folder) {
    return with(
        "tls",
        "{ cert_file: \""
            + folder.resolve("ca.pem")
            + "\", key_file: \""
            + folder.resolve("key.pem")
            + "\" }");
  }

  /** A certificate that vouches for itself, as the server wants it. */
  private static Path certificate(Path in, String name, String hosts) throws Exception {
    Path folder = Files.createDirectory(in.resolve(name));
    Path store = folder.resolve("store.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "a",
                "-keyalg",
                "RSA",
                "-dname",
                "CN=" + name,
                "-ext",
                "san=" + hosts,
                "-storetype",
                "PKCS12",
                "-storepass",
                "changeit",
                "-keystore",
                store.toString())
            .inheritIO()
            .start();
    assertThat(keytool.waitFor(60, TimeUnit.SECONDS)).isTrue();
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream stream = Files.newInputStream(store)) {
      keys.load(stream, "changeit".toCharArray());
    }
    pem(folder.resolve("ca.pem"), "CERTIFICATE", keys.getCertificate("a").getEncoded());
    pem(
        folder.resolve("key.pem"),
        "PRIVATE KEY",
        keys.getKey("a", "changeit".toCharArray()).getEncoded());
    return folder;
  }

  private static void pem(Path file, String kind, byte[] bytes) throws IOException {
    String body = Base64.getMimeEncoder(64, "\n".getBytes(UTF_8)).encodeToString(bytes);
    Files.writeString(
        file, "-----BEGIN " + kind + "-----\n" + body + "\n-----END " + kind + "-----\n");
  }
}
