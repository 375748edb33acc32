package dev.missive.testkit.launcher;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import java.util.List;
import java.util.Optional;

/** A broker of somebody else's, named by the environment. */
final class ForeignBroker implements LiveBroker {
  private final BrokerKind kind;
  private final String url;

  ForeignBroker(BrokerKind kind, String url) {
    this.kind = kind;
    this.url = url;
  }

  @Override
  public BrokerKind kind() {
    return kind;
  }

  @Override
  public BrokerOrigin origin() {
    return BrokerOrigin.ENVIRONMENT;
  }

  @Override
  public String version() {
    return "unknown";
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

  /** Whoever named it says that it runs. */
  @Override
  public void awaitReady() {}

  @Override
  public void restart() {
    throw notOurs();
  }

  @Override
  public void close() {}

  @Override
  public String toString() {
    return kind.id() + " of " + kind.variable();
  }

  private MessagingException notOurs() {
    return new MessagingException(
        ErrorCode.CAPABILITY_MISSING,
        "The "
            + kind.id()
            + " that "
            + kind.variable()
            + " names is not ours to disturb. Unset it, or ask for withProcess()");
  }
}
