package dev.missive.rabbitmq;

import com.rabbitmq.client.Address;
import com.rabbitmq.client.PossibleAuthenticationFailureException;
import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.List;
import javax.net.SocketFactory;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** Makes the context of TLS connections from the settings, and says why one ended. No state. */
final class RabbitTls {
  private static final int LOOK_MILLIS = 2000;

  /** What PKCS12 and JKS files begin with. */
  private static final int DER = 0x30;

  private static final int JKS = 0xFE;

  private RabbitTls() {}

  /**
   * Reads the stores.
   *
   * @throws MessagingException CONFIG_INVALID if a file cannot be used
   */
  static SSLContext context(RabbitSettings settings) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(
          keys(settings.keyStore, settings.keyStorePassword),
          trust(settings.trustStore, settings.trustStorePassword),
          null);
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw new MessagingException(
          ErrorCode.CONFIG_INVALID,
          "rabbitmq.tls.trust-store or rabbitmq.tls.key-store cannot be used: "
              + e.getClass().getSimpleName()
              + " "
              + e.getMessage()
              + ". Check path, kind (PKCS12 or JKS, certificates to trust also PEM) and password",
          e);
    }
  }

  /**
   * What a connection that was cut while it was made failed of. In TLS 1.3 a broker refuses the
   * client's certificate when the handshake is over for the client, which has written by then; the
   * broker's reason is lost in the reset of the connection. So one more is made that writes
   * nothing.
   *
   * @return the broker's reason, or the failure itself if there is none
   */
  static IOException reason(IOException cut, SocketFactory sockets, List<Address> addresses) {
    if (!wasCut(cut)) {
      return cut;
    }
    for (Address address : addresses) {
      try (Socket socket = sockets.createSocket()) {
        if (!(socket instanceof SSLSocket secure)) {
          return cut;
        }
        secure.connect(new InetSocketAddress(address.getHost(), address.getPort()), LOOK_MILLIS);
        secure.setSoTimeout(LOOK_MILLIS);
        secure.startHandshake();
        secure.getInputStream().read();
      } catch (SSLException refused) {
        refused.addSuppressed(cut);
        return refused;
      } catch (IOException e) {
        // It accepts us, or is not there.
        cut.addSuppressed(e);
      }
    }
    return cut;
  }

  private static boolean wasCut(Throwable failure) {
    boolean cut = false;
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof SSLException
          || t instanceof ConnectException
          || t instanceof PossibleAuthenticationFailureException) {
        return false;
      }
      cut |= t instanceof SocketException || t instanceof EOFException;
    }
    return cut;
  }

  private static KeyManager @Nullable [] keys(@Nullable String file, @Nullable String password)
      throws GeneralSecurityException, IOException {
    if (file == null) {
      return null;
    }
    char[] secret = password == null ? new char[0] : password.toCharArray();
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(KeyStore.getInstance(Path.of(file).toFile(), secret), secret);
    return factory.getKeyManagers();
  }

  private static TrustManager @Nullable [] trust(@Nullable String file, @Nullable String password)
      throws GeneralSecurityException, IOException {
    if (file == null) {
      return null;
    }
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(certificates(Path.of(file), password == null ? null : password.toCharArray()));
    return factory.getTrustManagers();
  }

  /** By what the file begins with, whatever its name says. */
  private static KeyStore certificates(Path file, char @Nullable [] password)
      throws GeneralSecurityException, IOException {
    int first;
    try (InputStream in = Files.newInputStream(file)) {
      first = in.read();
    }
    // Text may come before the certificates of a PEM file.
    boolean pem = first != DER && first != JKS;
    return pem ? pem(file) : KeyStore.getInstance(file.toFile(), password);
  }

  private static KeyStore pem(Path file) throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
      int number = 0;
      for (Certificate one : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
        store.setCertificateEntry("trusted-" + number++, one);
      }
    }
    if (store.size() == 0) {
      throw new IOException(file + " holds no certificate");
    }
    return store;
  }
}
