package dev.missive.rabbitmq;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import java.io.ByteArrayInputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.Map;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whom a client trusts stands in a file that is read for what it is, not for what it is called. */
final class RabbitTrustTest {
  private static final String CERTIFICATE =
      """
      -----BEGIN CERTIFICATE-----
      MIIBPzCB56ADAgECAghjJV7PKEzTvDAKBggqhkjOPQQDAjAUMRIwEAYDVQQDEwlh
      dXRob3JpdHkwIBcNMjYxMTIyMDkxNTA1WhgPMjEyNjEwMjkwOTE1MDVaMBQxEjAQ
      BgNVBAMTCWF1dGhvcml0eTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABKihyyIH
      7WRFMpYfD6w36oZC54IdpTrqr/shhbgtfiB+h2iOkuaZsMNrnlsjW2XTD8m0VtP5
      P+j3HM7Q4dFIl/SjITAfMB0GA1UdDgQWBBQ9SmnZvzjdVSf9L6uw+nAL/m2hojAK
      BggqhkjOPQQDAgNHADBEAiA4/LWOP6FdFACXhtXdVkLtGdX33x0q/TShCE6txtmC
      xgIgJdiyN3eQtp7eJDwZQo/LErkqoAHxoFWvMEOoEEEHeVU=
      -----END CERTIFICATE-----
      """;

  private static final String PASSWORD = "canary";

  @TempDir Path folder;

  @Test
  void a_pem_file_may_have_any_name_and_text_before_its_certificates() throws Exception {
    Path file = folder.resolve("authority.p12");
    Files.writeString(file, "# made in a test\n" + CERTIFICATE);

    assertThat(context(file)).isNotNull();
  }

  @Test
  void a_store_may_have_any_name() throws Exception {
    assertThat(context(store("PKCS12"))).isNotNull();
    assertThat(context(store("JKS"))).isNotNull();
  }

  @Test
  void a_file_that_cannot_be_used_is_a_wrong_setting() throws Exception {
    Path text = Files.writeString(folder.resolve("notes.pem"), "no certificate");
    Path other = store("PKCS12");
    Files.writeString(other, "0and something else");

    refused(folder.resolve("none"));
    refused(text);
    refused(other);
  }

  private void refused(Path file) {
    assertThatThrownBy(() -> context(file))
        .isInstanceOfSatisfying(
            MessagingException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFIG_INVALID))
        .hasMessageContaining("rabbitmq.tls.trust-store")
        .hasMessageNotContaining(PASSWORD);
  }

  private Path store(String type) throws Exception {
    KeyStore store = KeyStore.getInstance(type);
    store.load(null, null);
    store.setCertificateEntry(
        "authority",
        CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(CERTIFICATE.getBytes(US_ASCII))));
    Path file = folder.resolve(type + ".pem");
    try (OutputStream out = Files.newOutputStream(file)) {
      store.store(out, PASSWORD.toCharArray());
    }
    return file;
  }

  private static SSLContext context(Path trust) {
    return RabbitTls.context(
        RabbitSettingsTest.read(
            Map.of(
                "rabbitmq.tls",
                true,
                "rabbitmq.tls.trust-store",
                trust.toString(),
                "rabbitmq.tls.trust-store-password",
                PASSWORD)));
  }
}
