package dev.missive.testkit.launcher;

import static java.util.Objects.requireNonNull;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What kind of broker is wanted. Immutable: each method returns a changed copy.
 *
 * @param kind which broker
 * @param oldest the oldest supported version instead of the newest; default false
 * @param nodes how many nodes, 1 or 3; default 1
 * @param forked only processes of our own, whatever the environment names, and not in Docker;
 *     default false
 * @param proxied clients reach each node through a {@code TcpProxy}; default false
 * @param config lines added to the broker's configuration, or put in the place of ours
 * @param plugins RabbitMQ's plugins to enable; default none
 * @param startTimeout how long a start may take; default 180 s
 * @param security TLS and user; default neither
 * @since 0.1
 */
public record BrokerOptions(
    BrokerKind kind,
    boolean oldest,
    int nodes,
    boolean forked,
    boolean proxied,
    Map<String, String> config,
    List<String> plugins,
    Duration startTimeout,
    BrokerSecurity security) {
  private static final Duration START = Duration.ofSeconds(180);

  /**
   * Checks the values.
   *
   * @param kind which broker
   * @param oldest the oldest supported version instead of the newest; default false
   * @param nodes how many nodes, 1 or 3; default 1
   * @param forked only processes of our own, whatever the environment names, and not in Docker;
   *     default false
   * @param proxied clients reach each node through a {@code TcpProxy}; default false
   * @param config lines added to the broker's configuration, or put in the place of ours
   * @param plugins RabbitMQ's plugins to enable; default none
   * @param startTimeout how long a start may take; default 180 s
   * @param security TLS and user; default neither
   */
  public BrokerOptions {
    requireNonNull(kind, "kind");
    requireNonNull(startTimeout, "startTimeout");
    requireNonNull(security, "security");
    config = Map.copyOf(config);
    plugins = List.copyOf(plugins);
    if (nodes != 1 && nodes != 3) {
      throw invalid("nodes was " + nodes + " but must be 1 or 3");
    }
    if (oldest && kind == BrokerKind.KAFKA) {
      throw invalid("there is one version of Kafka only; leave out oldest()");
    }
    if (!plugins.isEmpty() && kind != BrokerKind.RABBITMQ) {
      throw invalid("plugins are RabbitMQ's, " + kind.id() + " has none");
    }
  }

  static BrokerOptions of(BrokerKind kind) {
    return new BrokerOptions(
        kind, false, 1, false, false, Map.of(), List.of(), START, BrokerSecurity.NONE);
  }

  /**
   * The oldest supported version: RabbitMQ 3.10, NATS 2.9.
   *
   * @return a copy
   * @throws MessagingException CONFIG_INVALID for Kafka, which has one version
   */
  public BrokerOptions withOldest() {
    return new BrokerOptions(
        kind, true, nodes, forked, proxied, config, plugins, startTimeout, security);
  }

  /**
   * Several nodes.
   *
   * @param count 1 or 3
   * @return a copy
   * @throws MessagingException CONFIG_INVALID for any other number
   */
  public BrokerOptions withNodes(int count) {
    return new BrokerOptions(
        kind, oldest, count, forked, proxied, config, plugins, startTimeout, security);
  }

  /**
   * Only processes of our own: faults need them. Neither the environment nor Docker is looked at.
   *
   * @return a copy
   */
  public BrokerOptions withProcess() {
    return new BrokerOptions(
        kind, oldest, nodes, true, proxied, config, plugins, startTimeout, security);
  }

  /**
   * A TCP proxy in front of each node, which {@code url()} then names; nodes talk to each other
   * past it.
   *
   * @return a copy
   */
  public BrokerOptions withProxy() {
    return new BrokerOptions(
        kind, oldest, nodes, forked, true, config, plugins, startTimeout, security);
  }

  /**
   * One more line of {@code rabbitmq.conf}, {@code server.properties} or {@code nats.conf} (there
   * the value may be a block). Takes the place of a line of ours with this key.
   *
   * @param key as the broker names it
   * @param value as it stands in the file
   * @return a copy
   */
  public BrokerOptions withConfig(String key, String value) {
    Map<String, String> more = new TreeMap<>(config);
    more.put(requireNonNull(key, "key"), requireNonNull(value, "value"));
    return new BrokerOptions(
        kind, oldest, nodes, forked, proxied, more, plugins, startTimeout, security);
  }

  /**
   * Enables a plugin of RabbitMQ. What listens needs a port of its own by {@link #withConfig}.
   *
   * @param plugin for instance {@code rabbitmq_consistent_hash_exchange}
   * @return a copy
   * @throws MessagingException CONFIG_INVALID for other brokers
   */
  public BrokerOptions withPlugin(String plugin) {
    List<String> more = new ArrayList<>(plugins);
    more.add(requireNonNull(plugin, "plugin"));
    return new BrokerOptions(
        kind, oldest, nodes, forked, proxied, config, more, startTimeout, security);
  }

  /**
   * How long a start may take before it is given up.
   *
   * @param patience by default 180 s
   * @return a copy
   */
  public BrokerOptions withStartTimeout(Duration patience) {
    return new BrokerOptions(
        kind, oldest, nodes, forked, proxied, config, plugins, patience, security);
  }

  /**
   * Clients have to use TLS; {@code LiveBroker.tls()} has the certificates.
   *
   * @param name what the broker's certificate is made out to: {@code localhost} or {@code
   *     127.0.0.1}, or another name to see a client refuse it
   * @return a copy
   */
  public BrokerOptions withTls(String name) {
    requireNonNull(name, "name");
    return withSecurity(new BrokerSecurity(name, security.user(), security.password()));
  }

  /**
   * Clients have to log in as this user, who may do everything; there is no other. With Kafka by
   * SASL, PLAIN or SCRAM-SHA-256.
   *
   * @param name letters and digits
   * @param password letters and digits
   * @return a copy
   */
  public BrokerOptions withUser(String name, String password) {
    if (!name.matches("[A-Za-z0-9]+") || !password.matches("[A-Za-z0-9]+")) {
      throw invalid("a user or a password has other characters than letters and digits");
    }
    return withSecurity(new BrokerSecurity(security.tlsName(), name, password));
  }

  private BrokerOptions withSecurity(BrokerSecurity next) {
    return new BrokerOptions(
        kind, oldest, nodes, forked, proxied, config, plugins, startTimeout, next);
  }

  /**
   * Why {@link #start} would find nothing.
   *
   * @return empty if there is a broker
   */
  public Optional<String> missing() {
    if (fromEnvironment()) {
      return Optional.empty();
    }
    Optional<String> noProcess = BrokerHome.missing(this);
    if (noProcess.isEmpty() || !plain()) {
      return noProcess;
    }
    return Docker.missing().map(noDocker -> noProcess.get() + ". " + noDocker);
  }

  /**
   * Starts it and waits until it answers.
   *
   * @return to be closed by the caller; ends with this JVM at the latest
   * @throws BrokerMissingException if there is none here
   * @throws MessagingException BROKER_UNREACHABLE if it does not come up, with the end of its log
   */
  public LiveBroker start() {
    if (fromEnvironment()) {
      return NamedBroker.fromEnvironment(kind, System.getenv(kind.variable()));
    }
    boolean container =
        plain() && BrokerHome.missing(this).isPresent() && Docker.missing().isEmpty();
    return container ? Docker.start(this) : ProcessBroker.start(this);
  }

  private boolean fromEnvironment() {
    String url = System.getenv(kind.variable());
    return plain() && !oldest && url != null && !url.isBlank();
  }

  /** Whether any broker of the version will do, and it need not be ours to disturb. */
  private boolean plain() {
    return nodes == 1
        && !forked
        && !proxied
        && security.equals(BrokerSecurity.NONE)
        && config.isEmpty()
        && plugins.isEmpty();
  }

  private static MessagingException invalid(String problem) {
    return new MessagingException(ErrorCode.CONFIG_INVALID, "Broker options: " + problem);
  }
}
