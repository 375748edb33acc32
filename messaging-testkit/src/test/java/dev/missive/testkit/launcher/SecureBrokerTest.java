package dev.missive.testkit.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.MessagingException;
import dev.missive.testkit.junit.LiveBrokers;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Brokers with TLS and a user. */
@Tag("broker")
@Execution(ExecutionMode.CONCURRENT)
final class SecureBrokerTest {
  private static final int TIMEOUT_MILLIS = 30_000;

  @ParameterizedTest
  @EnumSource(BrokerKind.class)
  void clients_need_the_certificate_and_the_password(BrokerKind kind) throws Exception {
    BrokerOptions options = BrokerOptions.of(kind).withTls("localhost").withUser("app", "secret1");
    assertThat(options.toString()).doesNotContain("secret1");
    try (LiveBroker broker = LiveBrokers.start(options)) {
      switch (kind) {
        case RABBITMQ -> {
          assertThat(broker.url()).startsWith("amqps://app:secret1@");
          try (SSLSocket socket = tls(broker, new Socket())) {
            socket.getOutputStream().write("AMQP\0\0\t\1".getBytes(StandardCharsets.ISO_8859_1));
            assertThat(socket.getInputStream().read()).isEqualTo(1);
          }
          broker.node().tool("rabbitmqctl", "authenticate_user", "app", "secret1");
          assertThatThrownBy(
                  () -> broker.node().tool("rabbitmqctl", "authenticate_user", "app", "wrong"))
              .isInstanceOf(MessagingException.class);
        }
        case KAFKA -> {
          assertThat(sasl(broker, "PLAIN", "\0app\0secret1")).isZero();
          assertThat(sasl(broker, "PLAIN", "\0app\0wrong")).isEqualTo(58);
          assertThat(sasl(broker, "SCRAM-SHA-256", "n,,n=app,r=nonce")).isZero();
          assertThat(sasl(broker, "SCRAM-SHA-256", "n,,n=other,r=nonce")).isEqualTo(58);
        }
        case NATS -> {
          assertThat(broker.url()).startsWith("tls://app:secret1@");
          assertThat(login(broker, "secret1")).startsWith("PONG");
          assertThat(login(broker, "wrong")).contains("Authorization Violation");
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(BrokerKind.class)
  void a_certificate_for_another_host_is_refused_by_a_client_that_looks(BrokerKind kind)
      throws Exception {
    try (LiveBroker broker = LiveBrokers.start(BrokerOptions.of(kind).withTls("other.example"))) {
      assertThatThrownBy(() -> tls(broker, new Socket()))
          .isInstanceOf(SSLHandshakeException.class)
          .hasMessageContaining("localhost");
      assertThat(broker.tls().orElseThrow().clientStore()).isNotEmptyFile();
    }
  }

  /** Connects, for NATS after its first line, and looks at the name. */
  private static SSLSocket tls(LiveBroker broker, Socket plain)
      throws IOException, GeneralSecurityException {
    int port = broker.node().port();
    plain.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    plain.setSoTimeout(TIMEOUT_MILLIS);
    if (broker.kind() == BrokerKind.NATS) {
      line(plain.getInputStream());
    }
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(broker.tls().orElseThrow().trustStore())) {
      store.load(in, TlsFiles.PASSWORD.toCharArray());
    }
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    SSLSocket socket =
        (SSLSocket) context.getSocketFactory().createSocket(plain, "localhost", port, true);
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    socket.setSSLParameters(parameters);
    socket.startHandshake();
    return socket;
  }

  private static String login(LiveBroker broker, String password) throws Exception {
    try (SSLSocket socket = tls(broker, new Socket())) {
      String text =
          "CONNECT {\"verbose\":false,\"user\":\"app\",\"pass\":\"" + password + "\"}\r\nPING\r\n";
      socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
      return line(socket.getInputStream());
    }
  }

  private static int sasl(LiveBroker broker, String mechanism, String first) throws Exception {
    try (SSLSocket socket = tls(broker, new Socket())) {
      DataOutputStream out = new DataOutputStream(socket.getOutputStream());
      DataInputStream in = new DataInputStream(socket.getInputStream());
      out.writeInt(10 + 2 + mechanism.length());
      header(out, 17, 1);
      out.writeUTF(mechanism);
      in.readNBytes(in.readInt());
      out.writeInt(10 + 4 + first.length());
      header(out, 36, 0);
      out.writeInt(first.length());
      out.write(first.getBytes(StandardCharsets.US_ASCII));
      in.readInt();
      in.readInt();
      return in.readShort();
    }
  }

  private static void header(DataOutputStream out, int key, int version) throws IOException {
    out.writeShort(key);
    out.writeShort(version);
    out.writeInt(1);
    out.writeShort(-1);
  }

  private static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int next = in.read(); next >= 0 && next != '\n'; next = in.read()) {
      line.append((char) next);
    }
    return line.toString();
  }
}
