package dev.missive.nats;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyManagementException;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLContextSpi;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocketFactory;
import javax.net.ssl.SSLSessionContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * TLS that compares the server's certificate with its host name. jnats never does (observed), so
 * every socket it gets is told to. The name only reaches the socket with {@code
 * HostnameResolveMode.HappyEyeballs}.
 */
final class NatsTls {
  /** What PKCS12 and JKS files begin with. */
  private static final int DER = 0x30;

  private static final int JKS = 0xFE;

  private NatsTls() {}

  /**
   * The context for a connection.
   *
   * @throws MessagingException CONFIG_INVALID if a file cannot be used
   */
  static SSLContext context(NatsSettings settings) {
    try {
      SSLContext plain = SSLContext.getInstance("TLS");
      plain.init(keys(settings), trust(settings), null);
      return settings.anyHost ? plain : new Checking(plain);
    } catch (GeneralSecurityException | IOException e) {
      throw new MessagingException(
          ErrorCode.CONFIG_INVALID,
          "nats.tls.trust-store or nats.tls.key-store cannot be used: "
              + e.getClass().getSimpleName()
              + " "
              + e.getMessage()
              + ". Check path, kind (PKCS12 or JKS, certificates to trust also PEM) and password",
          e);
    }
  }

  private static KeyManager @Nullable [] keys(NatsSettings settings)
      throws GeneralSecurityException, IOException {
    if (settings.keyStore == null) {
      return null;
    }
    char[] password = chars(settings.keyStorePassword);
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(KeyStore.getInstance(Path.of(settings.keyStore).toFile(), password), password);
    return factory.getKeyManagers();
  }

  private static TrustManager @Nullable [] trust(NatsSettings settings)
      throws GeneralSecurityException, IOException {
    if (settings.trustStore == null) {
      return null;
    }
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(certificates(Path.of(settings.trustStore), chars(settings.trustStorePassword)));
    return factory.getTrustManagers();
  }

  private static char @Nullable [] chars(@Nullable String password) {
    return password == null ? null : password.toCharArray();
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

  private static final class Checking extends SSLContext {
    Checking(SSLContext plain) {
      super(new CheckingSpi(plain), plain.getProvider(), plain.getProtocol());
    }
  }

  private static final class CheckingSpi extends SSLContextSpi {
    private final SSLContext plain;

    CheckingSpi(SSLContext plain) {
      this.plain = plain;
    }

    @Override
    protected void engineInit(KeyManager[] keys, TrustManager[] trust, SecureRandom random)
        throws KeyManagementException {
      throw new KeyManagementException("it is made already");
    }

    @Override
    protected SSLSocketFactory engineGetSocketFactory() {
      return new CheckingFactory(plain.getSocketFactory());
    }

    @Override
    protected SSLServerSocketFactory engineGetServerSocketFactory() {
      return plain.getServerSocketFactory();
    }

    @Override
    protected SSLEngine engineCreateSSLEngine() {
      return plain.createSSLEngine();
    }

    @Override
    protected SSLEngine engineCreateSSLEngine(String host, int port) {
      return plain.createSSLEngine(host, port);
    }

    @Override
    protected SSLSessionContext engineGetServerSessionContext() {
      return plain.getServerSessionContext();
    }

    @Override
    protected SSLSessionContext engineGetClientSessionContext() {
      return plain.getClientSessionContext();
    }
  }

  private static final class CheckingFactory extends SSLSocketFactory {
    private final SSLSocketFactory plain;

    CheckingFactory(SSLSocketFactory plain) {
      this.plain = plain;
    }

    private static Socket checking(Socket socket) {
      if (socket instanceof SSLSocket secure) {
        SSLParameters parameters = secure.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        secure.setSSLParameters(parameters);
      }
      return socket;
    }

    @Override
    public String[] getDefaultCipherSuites() {
      return plain.getDefaultCipherSuites();
    }

    @Override
    public String[] getSupportedCipherSuites() {
      return plain.getSupportedCipherSuites();
    }

    @Override
    public Socket createSocket() throws IOException {
      return checking(plain.createSocket());
    }

    @Override
    public Socket createSocket(Socket socket, String host, int port, boolean autoClose)
        throws IOException {
      return checking(plain.createSocket(socket, host, port, autoClose));
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
      return checking(plain.createSocket(host, port));
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress local, int localPort)
        throws IOException {
      return checking(plain.createSocket(host, port, local, localPort));
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
      return checking(plain.createSocket(host, port));
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort)
        throws IOException {
      return checking(plain.createSocket(host, port, local, localPort));
    }
  }
}
