package dev.missive.nats;

import static dev.missive.nats.NatsLab.refused;
import static dev.missive.nats.NatsLab.works;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** S28: chain and host name are verified unless an option named insecure says otherwise. */
@Tag("broker")
final class NatsTlsTest {

  @Test
  void a_certificate_for_another_host_is_refused(@TempDir Path folder) throws Exception {
    Path right = certificate(folder, "right", "dns:localhost,ip:127.0.0.1");
    Path wrong = certificate(folder, "wrong", "dns:elsewhere.example");
    try (LiveBroker server = tls(right, "")) {
      String port = server.url().replaceAll(".*:", "");
      String trust = right.resolve("ca.pem").toString();
      works(server, "nats.servers", "tls://localhost:" + port, "nats.tls.trust-store", trust);
      works(server, "nats.servers", "tls://127.0.0.1:" + port, "nats.tls.trust-store", trust);
      assertThat(refused(server, "nats.servers", "tls://localhost:" + port).code())
          .as("a certificate nobody vouches for")
          .isEqualTo(ErrorCode.TLS);
      assertThat(refused(server).code()).as("no TLS at all").isEqualTo(ErrorCode.TLS);
    }
    try (LiveBroker server = tls(wrong, "")) {
      String address = "tls://localhost:" + server.url().replaceAll(".*:", "");
      String trust = wrong.resolve("ca.pem").toString();
      MessagingException refused =
          refused(server, "nats.servers", address, "nats.tls.trust-store", trust);
      assertThat(refused.code()).isEqualTo(ErrorCode.TLS);
      assertThat(refused).hasMessageContaining("localhost");
      works(
          server,
          "nats.servers",
          address,
          "nats.tls.trust-store",
          trust,
          "nats.tls.insecure-any-host",
          "true");
    }
  }

  @Test
  void a_server_that_wants_a_certificate_of_the_client_gets_it(@TempDir Path folder)
      throws Exception {
    Path server = certificate(folder, "server", "ip:127.0.0.1");
    Path client = certificate(folder, "client", "dns:client.example");
    Path stranger = certificate(folder, "stranger", "dns:client.example");
    String known = ", ca_file: \"" + client.resolve("ca.pem") + "\", verify: true";
    try (LiveBroker broker = tls(server, known)) {
      String address = "tls://127.0.0.1:" + broker.url().replaceAll(".*:", "");
      works(broker, with(address, server, client));

      assertThat(refused(broker, with(address, server, stranger)).code())
          .as("a certificate the server does not know")
          .isEqualTo(ErrorCode.TLS);
      assertThat(
              refused(
                      broker,
                      "nats.servers",
                      address,
                      "nats.tls.trust-store",
                      server.resolve("ca.pem").toString())
                  .code())
          .as("no certificate")
          .isEqualTo(ErrorCode.TLS);
    }
  }

  /** It says nothing until the client has begun. */
  @Test
  void a_server_that_wants_the_handshake_first_gets_it(@TempDir Path folder) throws Exception {
    Path files = certificate(folder, "first", "ip:127.0.0.1");
    try (LiveBroker server = tls(files, ", handshake_first: true")) {
      works(
          server,
          "nats.servers",
          "tls://127.0.0.1:" + server.url().replaceAll(".*:", ""),
          "nats.tls.trust-store",
          files.resolve("ca.pem").toString(),
          "nats.tls.first",
          "true");
    }
  }

  private static String[] with(String address, Path server, Path client) {
    return new String[] {
      "nats.servers",
      address,
      "nats.tls.trust-store",
      server.resolve("ca.pem").toString(),
      "nats.tls.key-store",
      client.resolve("store.p12").toString(),
      "nats.tls.key-store-password",
      "changeit"
    };
  }

  private static LiveBroker tls(Path folder, String more) {
    String files =
        "cert_file: \""
            + folder.resolve("ca.pem")
            + "\", key_file: \""
            + folder.resolve("key.pem")
            + "\"";
    return LiveBrokers.start(
        Brokers.nats().withProcess().withConfig("tls", "{ " + files + more + " }"));
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
