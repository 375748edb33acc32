package dev.missive.nats;

import io.nats.client.Options;
import io.nats.client.impl.SocketDataPortWithWriteTimeout;
import java.io.IOException;
import java.time.Duration;

/**
 * The socket of jnats, without headers that jnats trips over. Not for applications: public, because
 * jnats makes it by its name.
 *
 * @since 0.1
 */
public final class NatsPort extends SocketDataPortWithWriteTimeout {
  private static final Duration NEVER = Duration.ofDays(365);

  private final NatsMender mender = new NatsMender();

  /** Made by jnats for each attempt to connect. */
  public NatsPort() {}

  @Override
  public void afterConstruct(Options options) {
    // jnats takes another class where it is to wait for ever.
    super.afterConstruct(
        options.getSocketWriteTimeout() == null
            ? new Options.Builder(options).socketWriteTimeout(NEVER).build()
            : options);
  }

  @Override
  public int read(byte[] dst, int off, int len) throws IOException {
    int read = super.read(dst, off, len);
    if (read > 0) {
      mender.mend(dst, off, off + read);
    }
    return read;
  }
}
