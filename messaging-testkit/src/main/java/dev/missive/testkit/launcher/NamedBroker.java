package dev.missive.testkit.launcher;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import java.util.List;
import java.util.Optional;

/** A broker that is no process of this JVM: an address to use, and nothing to disturb. */
final class NamedBroker implements LiveBroker {
  private final BrokerKind kind;
  private final BrokerOrigin origin;
  private final String version;
  private final String url;
  private final Runnable end;

  private NamedBroker(
      BrokerKind kind, BrokerOrigin origin, String version, String url, Runnable end) {
    this.kind = kind;
    this.origin = origin;
    this.version = version;
    this.url = url;
    this.end = end;
  }

  /** Somebody else's, who says that it runs. */
  static NamedBroker fromEnvironment(BrokerKind kind, String url) {
    return new NamedBroker(kind, BrokerOrigin.ENVIRONMENT, "unknown", url, () -> {});
  }

  /** A container of ours that answers. */
  static NamedBroker inDocker(BrokerKind kind, String version, String url, Runnable end) {
    return new NamedBroker(kind, BrokerOrigin.DOCKER, version, url, end);
  }

  @Override
  public BrokerKind kind() {
    return kind;
  }

  @Override
  public BrokerOrigin origin() {
    return origin;
  }

  @Override
  public String version() {
    return version;
  }

  @Override
  public String url() {
    return url;
  }

  @Override
  public String directUrl() {
    return url;
  }

  @Override
  public List<BrokerNode> nodes() {
    return List.of();
  }

  @Override
  public BrokerNode node() {
    throw notOurs();
  }

  @Override
  public Optional<TlsFiles> tls() {
    return Optional.empty();
  }

  /** It answered before, or whoever named it says that it runs. */
  @Override
  public void awaitReady() {}

  @Override
  public List<Long> restart() {
    throw notOurs();
  }

  @Override
  public void close() {
    end.run();
  }

  @Override
  public String toString() {
    return kind.id() + " " + where();
  }

  private String where() {
    return origin == BrokerOrigin.DOCKER ? "in Docker" : "of " + kind.variable();
  }

  private MessagingException notOurs() {
    return new MessagingException(
        ErrorCode.CAPABILITY_MISSING,
        "The "
            + this
            + " is no process that could be disturbed. Ask for withProcess(), which needs scripts/fetch-brokers");
  }
}
