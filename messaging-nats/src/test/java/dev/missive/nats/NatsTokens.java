package dev.missive.nats;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.nats.client.NKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Base64;

/**
 * The signed tokens by which an operator vouches for accounts and an account for users, as the
 * server's tool {@code nsc} makes them (docs.nats.io, "JWT").
 */
final class NatsTokens {
  private static final String HEADER = "{\"typ\":\"JWT\",\"alg\":\"ed25519-nkey\"}";
  private static final String NO_LIMITS =
      "\"subs\":-1,\"data\":-1,\"payload\":-1,\"imports\":-1,\"exports\":-1,\"wildcards\":true,"
          + "\"conn\":-1,\"leaf\":-1";
  private static final String JETSTREAM =
      ",\"mem_storage\":-1,\"disk_storage\":-1,\"streams\":-1,\"consumer\":-1";

  private NatsTokens() {}

  /** The public name of a key. */
  static String name(NKey key) throws GeneralSecurityException, IOException {
    return String.valueOf(key.getPublicKey());
  }

  /** The operator's own; JetStream wants it to name a system account. */
  static String operator(NKey operator, NKey system) throws GeneralSecurityException, IOException {
    return token(
        operator, operator, "\"type\":\"operator\",\"system_account\":\"" + name(system) + "\"");
  }

  /** An account, which may use JetStream unless it is the system's. */
  static String account(NKey operator, NKey account, boolean ofSystem)
      throws GeneralSecurityException, IOException {
    String limits = NO_LIMITS + (ofSystem ? "" : JETSTREAM);
    return token(operator, account, "\"limits\":{" + limits + "},\"type\":\"account\"");
  }

  /** Writes a file for a new user of an account, who may do everything. */
  static Path credentials(Path file, NKey account) throws GeneralSecurityException, IOException {
    NKey user = NKey.createUser(null);
    String token = token(account, user, "\"subs\":-1,\"data\":-1,\"payload\":-1,\"type\":\"user\"");
    return Files.writeString(
        file,
        "-----BEGIN NATS USER JWT-----\n"
            + token
            + "\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\n"
            + String.valueOf(user.getSeed())
            + "\n------END USER NKEY SEED------\n");
  }

  private static String token(NKey issuer, NKey subject, String claims)
      throws GeneralSecurityException, IOException {
    String body =
        "{\"jti\":\"test\",\"iat\":"
            + System.currentTimeMillis() / 1000
            + ",\"iss\":\""
            + name(issuer)
            + "\",\"name\":\"test\",\"sub\":\""
            + name(subject)
            + "\",\"nats\":{"
            + claims
            + ",\"version\":2}}";
    String signed = base64(HEADER.getBytes(UTF_8)) + "." + base64(body.getBytes(UTF_8));
    return signed + "." + base64(issuer.sign(signed.getBytes(UTF_8)));
  }

  private static String base64(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
