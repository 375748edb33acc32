package dev.missive.rabbitmq;

import com.rabbitmq.client.Address;
import com.rabbitmq.client.ConnectionFactory;
import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.spi.BrokerContext;
import dev.missive.spi.BrokerProvider.Setting;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Settings of one connection. Immutable; reads all of them and reports every problem at once. */
final class RabbitSettings {
  static final List<Setting> ALL =
      List.of(
          new Setting(
              "rabbitmq.url",
              String.class,
              null,
              true,
              List.of("RABBITMQ_URL"),
              "amqp://user:password@host:port/vhost, or amqps:// with TLS; several, separated by commas, name the nodes of a cluster; the settings below win over its parts"),
          Setting.of("rabbitmq.host", String.class, null, "host, by default localhost"),
          Setting.of("rabbitmq.port", Integer.class, null, "port, by default 5672, with TLS 5671"),
          Setting.of(
              "rabbitmq.addresses",
              List.class,
              null,
              "several host:port, separated by commas, tried in random order; instead of host and port"),
          Setting.of("rabbitmq.username", String.class, null, "who to log in as, by default guest")
              .asCredential(),
          new Setting("rabbitmq.password", String.class, null, true, List.of(), "the password")
              .asCredential(),
          Setting.of("rabbitmq.vhost", String.class, null, "virtual host, by default /"),
          Setting.of(
              "rabbitmq.exchange", String.class, "missive.topics", "the exchange of all topics"),
          Setting.of(
              "rabbitmq.queue-type",
              QueueType.class,
              "QUORUM",
              "kind of new queues: QUORUM, CLASSIC, or PRIORITY (classic with priorities)"),
          Setting.of(
              "rabbitmq.heartbeat",
              Duration.class,
              "10s",
              "a connection that stays silent for about twice as long is given up"),
          Setting.of(
              "rabbitmq.connect-timeout",
              Duration.class,
              "5s",
              "how long to wait for a TCP connection to one address"),
          Setting.of(
              "rabbitmq.answer-timeout",
              Duration.class,
              "10s",
              "how long to wait for the answer to a declaration and the like"),
          Setting.of(
              "rabbitmq.retry-delay",
              Duration.class,
              "250ms",
              "wait before a lost connection is made again; it doubles each time, with jitter"),
          Setting.of("rabbitmq.retry-delay-max", Duration.class, "30s", "the longest such wait"),
          Setting.of(
              "rabbitmq.auth-retry",
              Duration.class,
              "1m",
              "how long to wait between logins once the credentials were refused three times"),
          Setting.of(
              "rabbitmq.consumer-timeout",
              Duration.class,
              "30m",
              "consumer_timeout of the broker, which cannot be asked for; 0s = it has none"),
          Setting.of(
              "rabbitmq.max-bytes",
              Long.class,
              "16777216",
              "max_message_size of the broker, which cannot be asked for: nothing larger is sent"),
          Setting.of(
              "rabbitmq.wait-in-process",
              Duration.class,
              "1s",
              "waits up to this long stay in the client"),
          Setting.of("rabbitmq.tls", Boolean.class, "false", "whether to connect by TLS"),
          Setting.of(
              "rabbitmq.tls.trust-store",
              String.class,
              null,
              "file with the certificates to trust, PKCS12, JKS or PEM; by default those of the JVM"),
          new Setting(
              "rabbitmq.tls.trust-store-password",
              String.class,
              null,
              true,
              List.of(),
              "its password; a PEM file has none"),
          Setting.of(
              "rabbitmq.tls.key-store",
              String.class,
              null,
              "file with the client's certificate and key, PKCS12 or JKS; by default none"),
          new Setting(
              "rabbitmq.tls.key-store-password",
              String.class,
              null,
              true,
              List.of(),
              "its password"),
          Setting.of(
              "rabbitmq.tls.insecure-any-host",
              Boolean.class,
              "false",
              "true accepts a certificate for another host; never use it in production"));

  final List<Address> addresses;

  /** Asked at every login. */
  final Supplier<String> username;

  /** Asked at every login. */
  final Supplier<String> password;

  final String vhost;
  final String exchange;
  final QueueType queueType;
  final Duration heartbeat;
  final Duration connectTimeout;
  final Duration answerTimeout;
  final Duration retryDelay;
  final Duration longestRetryDelay;
  final Duration authRetry;
  final Duration consumerTimeout;
  final long maxBytes;
  final Duration waitInProcess;
  final boolean tls;
  final @Nullable String trustStore;
  final @Nullable String trustStorePassword;
  final @Nullable String keyStore;
  final @Nullable String keyStorePassword;
  final boolean anyHost;

  RabbitSettings(BrokerContext context) {
    List<String> problems = new ArrayList<>();
    List<URI> urls = urls(context, problems);
    URI url = urls.isEmpty() ? null : urls.get(0);
    tls =
        context.setting("rabbitmq.tls", Boolean.class)
            || url != null && "amqps".equals(url.getScheme());
    addresses = addresses(context, urls, problems);
    String[] login = login(url);
    username = context.credential("rabbitmq.username").orElse(() -> login[0]);
    password = context.credential("rabbitmq.password").orElse(() -> login[1]);
    vhost = text(context, "rabbitmq.vhost").orElse(vhost(url));
    exchange = context.setting("rabbitmq.exchange", String.class);
    queueType = context.setting("rabbitmq.queue-type", QueueType.class);
    heartbeat = context.setting("rabbitmq.heartbeat", Duration.class);
    connectTimeout = context.setting("rabbitmq.connect-timeout", Duration.class);
    answerTimeout = context.setting("rabbitmq.answer-timeout", Duration.class);
    retryDelay = context.setting("rabbitmq.retry-delay", Duration.class);
    longestRetryDelay = context.setting("rabbitmq.retry-delay-max", Duration.class);
    authRetry = context.setting("rabbitmq.auth-retry", Duration.class);
    consumerTimeout = context.setting("rabbitmq.consumer-timeout", Duration.class);
    maxBytes = context.setting("rabbitmq.max-bytes", Long.class);
    waitInProcess = context.setting("rabbitmq.wait-in-process", Duration.class);
    trustStore = text(context, "rabbitmq.tls.trust-store").orElse(null);
    trustStorePassword = text(context, "rabbitmq.tls.trust-store-password").orElse(null);
    keyStore = text(context, "rabbitmq.tls.key-store").orElse(null);
    keyStorePassword = text(context, "rabbitmq.tls.key-store-password").orElse(null);
    anyHost = context.setting("rabbitmq.tls.insecure-any-host", Boolean.class);
    if (heartbeat.toSeconds() < 1 || heartbeat.toSeconds() > 600) {
      problems.add("rabbitmq.heartbeat was " + heartbeat + " but must be 1s to 10m");
    }
    if (maxBytes < 1) {
      problems.add("rabbitmq.max-bytes was " + maxBytes + " but must be at least 1");
    }
    if (!tls && (trustStore != null || keyStore != null || anyHost)) {
      problems.add("rabbitmq.tls.* is set but rabbitmq.tls is false");
    }
    if (!problems.isEmpty()) {
      throw new MessagingException(
          ErrorCode.CONFIG_INVALID,
          problems.size()
              + (problems.size() == 1 ? " problem" : " problems")
              + "\n  "
              + String.join("\n  ", problems));
    }
  }

  /** For people: where to, without who. */
  String where() {
    return addresses.toString() + " vhost " + vhost;
  }

  /** Several name the nodes of one cluster, so that only host and port may differ. */
  private static List<URI> urls(BrokerContext context, List<String> problems) {
    String text = text(context, "rabbitmq.url").orElse(null);
    if (text == null) {
      return List.of();
    }
    List<URI> all = new ArrayList<>();
    for (String one : text.split(",(?=amqps?://)")) {
      URI url = url(one);
      if (url == null) {
        problems.add(
            "rabbitmq.url must look like amqp://user:password@host:port/vhost or amqps://…, several separated by commas; special characters in user and password are percent-encoded");
        return List.of();
      }
      all.add(url);
    }
    if (all.stream().map(RabbitSettings::withoutHost).distinct().count() > 1) {
      problems.add(
          "rabbitmq.url names several nodes, but with different schemes, users or virtual hosts");
    }
    return all;
  }

  private static @Nullable URI url(String text) {
    try {
      URI url = new URI(text);
      boolean known = "amqp".equals(url.getScheme()) || "amqps".equals(url.getScheme());
      return known && url.getHost() != null ? url : null;
    } catch (URISyntaxException e) {
      // Its message holds the password; ours says what is wanted.
      return null;
    }
  }

  private static List<String> withoutHost(URI url) {
    return List.of(url.getScheme(), String.join(":", login(url)), vhost(url));
  }

  private List<Address> addresses(BrokerContext context, List<URI> urls, List<String> problems) {
    URI url = urls.isEmpty() ? null : urls.get(0);
    int usual =
        tls ? ConnectionFactory.DEFAULT_AMQP_OVER_SSL_PORT : ConnectionFactory.DEFAULT_AMQP_PORT;
    Optional<Integer> given = context.optional("rabbitmq.port", Integer.class);
    int port = given.orElse(url == null || url.getPort() < 0 ? usual : url.getPort());
    if (port < 1 || port > 65_535) {
      problems.add("rabbitmq.port was " + port + " but must be 1 to 65535");
      port = usual;
    }
    List<?> several = context.optional("rabbitmq.addresses", List.class).orElse(List.of());
    if (several.isEmpty()) {
      if (urls.size() > 1 && text(context, "rabbitmq.host").isEmpty()) {
        return urls.stream()
            .map(
                one ->
                    new Address(
                        one.getHost(), given.orElse(one.getPort() < 0 ? usual : one.getPort())))
            .toList();
      }
      String host =
          text(context, "rabbitmq.host").orElse(url == null ? "localhost" : url.getHost());
      return List.of(new Address(host, port));
    }
    if (text(context, "rabbitmq.host").isPresent()) {
      problems.add("rabbitmq.host and rabbitmq.addresses are both set; use one of them");
    }
    List<Address> all = new ArrayList<>();
    for (Object one : several) {
      try {
        Address address = Address.parseAddress(one.toString().strip());
        all.add(address.getPort() < 0 ? new Address(address.getHost(), port) : address);
      } catch (IllegalArgumentException e) {
        problems.add("rabbitmq.addresses has \"" + one + "\" but each must be host:port");
      }
    }
    return List.copyOf(all);
  }

  private static String[] login(@Nullable URI url) {
    String raw = url == null ? null : url.getRawUserInfo();
    if (raw == null) {
      return new String[] {ConnectionFactory.DEFAULT_USER, ConnectionFactory.DEFAULT_PASS};
    }
    String[] parts = raw.split(":", 2);
    return new String[] {decoded(parts[0]), parts.length > 1 ? decoded(parts[1]) : ""};
  }

  private static String vhost(@Nullable URI url) {
    String path = url == null ? null : url.getRawPath();
    return path == null || path.length() < 2
        ? ConnectionFactory.DEFAULT_VHOST
        : decoded(path.substring(1));
  }

  /** A plus is a plus here, other than in forms. */
  private static String decoded(String text) {
    return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  private static Optional<String> text(BrokerContext context, String key) {
    return context.optional(key, String.class);
  }
}
