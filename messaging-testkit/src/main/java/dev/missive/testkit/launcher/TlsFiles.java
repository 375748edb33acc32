package dev.missive.testkit.launcher;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.List;

/**
 * The certificates of one broker, made for it and deleted with it.
 *
 * @param folder holds {@code ca.pem}, {@code server.pem}, {@code server.key}, {@code client.pem},
 *     {@code client.key}, {@code ca.p12} and {@code client.p12}
 * @since 0.1
 */
public record TlsFiles(Path folder) {
  /** The password of the two key stores. It protects nothing: they are made for one test. */
  public static final String PASSWORD = "missive";

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /**
   * The certificate of the authority that signed the others.
   *
   * @return as PEM
   */
  public Path authority() {
    return folder.resolve("ca.pem");
  }

  /**
   * The same as a trust store for Java clients.
   *
   * @return as PKCS12 with {@link #PASSWORD}
   */
  public Path trustStore() {
    return folder.resolve("ca.p12");
  }

  /**
   * A certificate of a client, with its key; its name is {@code CN=client}.
   *
   * @return as PKCS12 with {@link #PASSWORD}
   */
  public Path clientStore() {
    return folder.resolve("client.p12");
  }

  static TlsFiles make(Path folder, String name) throws IOException {
    TlsFiles files = new TlsFiles(Files.createDirectories(folder));
    Path script = Site.script(folder, "certificates.sh");
    // An address must be said to be one, or clients do not compare it.
    boolean address = name.matches("[0-9.]+");
    Shell.run(
        PATIENCE,
        List.of(
            "bash",
            script.toString(),
            folder.toString(),
            name,
            (address ? "IP:" : "DNS:") + name,
            PASSWORD));
    files.writeTrustStore();
    return files;
  }

  private void writeTrustStore() throws IOException {
    try (InputStream in = Files.newInputStream(authority());
        OutputStream out = Files.newOutputStream(trustStore())) {
      Certificate authority = CertificateFactory.getInstance("X.509").generateCertificate(in);
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      store.setCertificateEntry("authority", authority);
      store.store(out, PASSWORD.toCharArray());
    } catch (GeneralSecurityException e) {
      throw new IOException("the trust store cannot be written", e);
    }
  }
}
