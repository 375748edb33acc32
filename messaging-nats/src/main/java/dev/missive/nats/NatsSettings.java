package dev.missive.nats;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.spi.BrokerContext;
import dev.missive.spi.BrokerProvider.Setting;
import io.nats.client.api.StorageType;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Settings of the adapter. Immutable; {@code toString} names no secret. */
final class NatsSettings {
  /** Where streams are kept. */
  enum Storage {
    FILE,
    MEMORY;

    StorageType type() {
      return this == FILE ? StorageType.File : StorageType.Memory;
    }
  }

  static final List<Setting> ALL =
      List.of(
          // Secret, because people put passwords into addresses.
          new Setting(
              "nats.servers",
              List.class,
              "nats://127.0.0.1:4222",
              true,
              List.of("NATS_URL"),
              "addresses of servers of one cluster, separated by commas; tls:// asks for TLS"),
          Setting.of("nats.username", String.class, null, "who to log in as").asCredential(),
          secret("nats.password", "the password").asCredential(),
          secret("nats.token", "the token, instead of user name and password").asCredential(),
          secret("nats.nkey", "the seed of an nkey (SU…), instead of user name and password")
              .asCredential(),
          Setting.of(
              "nats.credentials-file",
              String.class,
              null,
              "path of a file with JWT and seed; read again at each login"),
          Setting.of("nats.tls", Boolean.class, "false", "whether to use TLS"),
          Setting.of(
              "nats.tls.first",
              Boolean.class,
              "false",
              "whether the server expects TLS before its greeting"),
          Setting.of(
              "nats.tls.trust-store",
              String.class,
              null,
              "file with the certificates to trust, PKCS12, JKS or PEM; by default those of the"
                  + " JVM"),
          secret("nats.tls.trust-store-password", "its password; a PEM file has none"),
          Setting.of(
              "nats.tls.key-store",
              String.class,
              null,
              "file with the client's certificate and key, PKCS12 or JKS; by default none"),
          secret("nats.tls.key-store-password", "its password"),
          Setting.of(
              "nats.tls.insecure-any-host",
              Boolean.class,
              "false",
              "true accepts a certificate for another host; never use it in production"),
          Setting.of("nats.replicas", Integer.class, "1", "copies of each new stream, 1 to 5"),
          Setting.of("nats.storage", Storage.class, "FILE", "where new streams are kept"),
          Setting.of(
              "nats.max-age",
              Duration.class,
              "7d",
              "how long new topics keep messages; 0s = for ever"),
          Setting.of(
              "nats.ack-wait",
              Duration.class,
              "30s",
              "after how long the server gives a crashed client's messages to others"),
          Setting.of(
              "nats.max-ack-pending",
              Integer.class,
              "20000",
              "how many unsettled or delayed messages a group may have at the server"),
          Setting.of(
              "nats.dedup",
              Boolean.class,
              "true",
              "whether the server drops a second message of the same id; costs throughput"),
          Setting.of(
              "nats.dedup-window",
              Duration.class,
              "2m",
              "how long the server remembers the ids of new topics"),
          Setting.of(
              "nats.publish-timeout",
              Duration.class,
              "5s",
              "how long one attempt waits for the acknowledgement before it is repeated"),
          Setting.of(
              "nats.connect-timeout",
              Duration.class,
              "5s",
              "how long one attempt to connect takes"),
          Setting.of(
              "nats.ping-interval",
              Duration.class,
              "5s",
              "how often an idle connection is checked; a dead one is seen after at most 4 of"
                  + " them"),
          Setting.of(
                  "nats.retry-delay",
                  Duration.class,
                  "250ms",
                  "the first wait before something lost is made again; it doubles, with jitter")
              .atLeast("1ms"),
          Setting.of("nats.retry-delay-max", Duration.class, "30s", "the longest such wait")
              .atLeast("1ms"),
          Setting.of(
              "nats.auth-retry",
              Duration.class,
              "1m",
              "how long to wait between logins once the credentials were refused three times"));

  private static final Duration LEAST_ACK_WAIT = Duration.ofMillis(300);

  final List<String> servers;
  // These four are asked at every login.
  final @Nullable Supplier<String> username;
  final @Nullable Supplier<String> password;
  final @Nullable Supplier<String> token;
  final @Nullable Supplier<String> nkey;
  final @Nullable String credentialsFile;
  final boolean tls;
  final boolean tlsFirst;
  final @Nullable String trustStore;
  final @Nullable String trustStorePassword;
  final @Nullable String keyStore;
  final @Nullable String keyStorePassword;
  final boolean anyHost;
  final int replicas;
  final Storage storage;
  final Duration maxAge;
  final Duration ackWait;
  final int maxAckPending;
  final boolean dedup;
  final Duration dedupWindow;
  final Duration publishTimeout;
  final Duration connectTimeout;
  final Duration pingInterval;
  final Duration retryDelay;
  final Duration longestRetryDelay;
  final Duration authRetry;

  private NatsSettings(BrokerContext context, List<String> problems) {
    List<String> addresses = new ArrayList<>();
    Supplier<String> user = context.credential("nats.username").orElse(null);
    Supplier<String> pass = context.credential("nats.password").orElse(null);
    Supplier<String> key = context.credential("nats.token").orElse(null);
    boolean secure = context.setting("nats.tls", Boolean.class);
    for (Object address : context.setting("nats.servers", List.class)) {
      URI uri = uri(address.toString(), problems);
      if (uri == null) {
        continue;
      }
      secure |= uri.getScheme().equals("tls");
      addresses.add(
          uri.getScheme()
              + "://"
              + uri.getHost()
              + ":"
              + (uri.getPort() < 0 ? 4222 : uri.getPort()));
      // jnats prints addresses, so what is secret in them moves out of them.
      String given = uri.getUserInfo();
      if (given != null && user == null && key == null) {
        int colon = given.indexOf(':');
        if (colon < 0 && pass == null) {
          key = () -> given;
        } else {
          String name = colon < 0 ? given : given.substring(0, colon);
          user = () -> name;
          // A setting of its own wins over the address.
          pass = pass == null ? () -> given.substring(colon + 1) : pass;
        }
      }
    }
    servers = List.copyOf(addresses);
    username = user;
    password = pass;
    token = key;
    nkey = context.credential("nats.nkey").orElse(null);
    credentialsFile = text(context, "nats.credentials-file");
    tls = secure;
    tlsFirst = context.setting("nats.tls.first", Boolean.class);
    trustStore = text(context, "nats.tls.trust-store");
    trustStorePassword = text(context, "nats.tls.trust-store-password");
    keyStore = text(context, "nats.tls.key-store");
    keyStorePassword = text(context, "nats.tls.key-store-password");
    anyHost = context.setting("nats.tls.insecure-any-host", Boolean.class);
    replicas = context.setting("nats.replicas", Integer.class);
    storage = context.setting("nats.storage", Storage.class);
    maxAge = context.setting("nats.max-age", Duration.class);
    ackWait = context.setting("nats.ack-wait", Duration.class);
    maxAckPending = context.setting("nats.max-ack-pending", Integer.class);
    dedup = context.setting("nats.dedup", Boolean.class);
    dedupWindow = context.setting("nats.dedup-window", Duration.class);
    publishTimeout = context.setting("nats.publish-timeout", Duration.class);
    connectTimeout = context.setting("nats.connect-timeout", Duration.class);
    pingInterval = context.setting("nats.ping-interval", Duration.class);
    retryDelay = context.setting("nats.retry-delay", Duration.class);
    longestRetryDelay = context.setting("nats.retry-delay-max", Duration.class);
    authRetry = context.setting("nats.auth-retry", Duration.class);
  }

  /**
   * Reads and checks them.
   *
   * @throws MessagingException CONFIG_INVALID with every problem
   */
  static NatsSettings of(BrokerContext context) {
    List<String> problems = new ArrayList<>();
    NatsSettings read = new NatsSettings(context, problems);
    read.check(problems);
    if (!problems.isEmpty()) {
      throw new MessagingException(
          ErrorCode.CONFIG_INVALID,
          problems.size()
              + (problems.size() == 1 ? " problem\n  " : " problems\n  ")
              + String.join("\n  ", problems)
              + "\n");
    }
    return read;
  }

  private void check(List<String> problems) {
    if (servers.isEmpty() && problems.isEmpty()) {
      problems.add("nats.servers is empty but must name at least one server");
    }
    long ways = Stream.of(username, token, nkey, credentialsFile).filter(Objects::nonNull).count();
    if (ways > 1) {
      problems.add(
          "of nats.username, nats.token, nats.nkey and nats.credentials-file only one may be set");
    }
    if (password != null && username == null) {
      problems.add("nats.password is set but nats.username is not");
    }
    if (replicas < 1 || replicas > 5) {
      problems.add("nats.replicas was " + replicas + " but must be 1 to 5");
    }
    if (maxAckPending < 1) {
      problems.add("nats.max-ack-pending was " + maxAckPending + " but must be at least 1");
    }
    if (ackWait.compareTo(LEAST_ACK_WAIT) < 0) {
      problems.add("nats.ack-wait was " + ackWait + " but must be at least " + LEAST_ACK_WAIT);
    }
    if (maxAge.isNegative()) {
      problems.add("nats.max-age was " + maxAge + " but must not be negative");
    }
    positive("nats.dedup-window", dedupWindow, problems);
    positive("nats.publish-timeout", publishTimeout, problems);
    positive("nats.connect-timeout", connectTimeout, problems);
    positive("nats.ping-interval", pingInterval, problems);
    positive("nats.auth-retry", authRetry, problems);
  }

  private static void positive(String key, Duration value, List<String> problems) {
    if (value.isZero() || value.isNegative()) {
      problems.add(key + " was " + value + " but must be more than zero");
    }
  }

  private static @Nullable URI uri(String address, List<String> problems) {
    try {
      URI uri = new URI(address.contains("://") ? address : "nats://" + address);
      String scheme = uri.getScheme().toLowerCase(Locale.ROOT);
      if (uri.getHost() != null && (scheme.equals("nats") || scheme.equals("tls"))) {
        return uri;
      }
    } catch (URISyntaxException e) {
      // Said below, without the address: it may hold a password.
    }
    problems.add("nats.servers has an address that is not nats://host:port or tls://host:port");
    return null;
  }

  private static @Nullable String text(BrokerContext context, String key) {
    Optional<String> value = context.optional(key, String.class);
    return value.isPresent() && !value.get().isEmpty() ? value.get() : null;
  }

  private static Setting secret(String key, String help) {
    return new Setting(key, String.class, null, true, List.of(), help);
  }

  @Override
  public String toString() {
    return "NatsSettings[servers=" + servers + "]";
  }
}
