package dev.missive.nats;

import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * Why a server that wants TLS turned us away. In TLS 1.3 it refuses the client's certificate when
 * the handshake is over for the client, and jnats then waits for the end of its time without a word
 * (observed). So one more connection is made that says nothing and hears the reason.
 */
final class NatsRefusal {
  private static final int PORT = 4222;
  private static final int LOOK_MILLIS = 2000;

  private NatsRefusal() {}

  /**
   * Looks.
   *
   * @param failure how the connection failed
   * @return the server's reason; null if there is none, or the failure has another
   */
  static @Nullable SSLException of(NatsSettings settings, Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof ConnectException) {
        return null;
      }
    }
    for (String server : settings.servers) {
      try {
        look(settings, URI.create(server));
      } catch (SSLException refused) {
        return refused;
      } catch (IOException e) {
        // It accepts us, or is not there.
        failure.addSuppressed(e);
      }
    }
    return null;
  }

  private static void look(NatsSettings settings, URI server) throws IOException {
    String host = server.getHost();
    int port = server.getPort() < 0 ? PORT : server.getPort();
    try (Socket plain = new Socket()) {
      plain.connect(new InetSocketAddress(host, port), LOOK_MILLIS);
      plain.setSoTimeout(LOOK_MILLIS);
      if (!settings.tlsFirst) {
        skipLine(plain.getInputStream());
      }
      try (Socket socket =
          NatsTls.context(settings).getSocketFactory().createSocket(plain, host, port, true)) {
        ((SSLSocket) socket).startHandshake();
        socket.getInputStream().read();
      }
    }
  }

  /** The server's first words. */
  private static void skipLine(InputStream in) throws IOException {
    for (int next = in.read(); next >= 0 && next != '\n'; ) {
      next = in.read();
    }
  }
}
