package dev.missive.rabbitmq;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** Makes the context of TLS connections from the settings. Holds no state. */
final class RabbitTls {
  private RabbitTls() {}

  /**
   * Reads the stores.
   *
   * @throws MessagingException TLS if a file cannot be read
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
          ErrorCode.TLS,
          "the key store or trust store of RabbitMQ cannot be read: "
              + e.getMessage()
              + ". Check rabbitmq.tls.trust-store and rabbitmq.tls.key-store and their passwords",
          e);
    }
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
    factory.init(
        file.endsWith(".pem") || file.endsWith(".crt")
            ? pem(Path.of(file))
            : KeyStore.getInstance(
                Path.of(file).toFile(), password == null ? null : password.toCharArray()));
    return factory.getTrustManagers();
  }

  private static KeyStore pem(Path file) throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    try (InputStream in = Files.newInputStream(file)) {
      int number = 0;
      for (Certificate one : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
        store.setCertificateEntry("trusted-" + number++, one);
      }
    }
    return store;
  }
}
