package dev.missive.nats;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import io.nats.client.AuthHandler;
import io.nats.client.ConnectionListener;
import io.nats.client.ErrorListener;
import io.nats.client.NKey;
import io.nats.client.Nats;
import io.nats.client.Options;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

/** Turns settings into options of jnats, anew for each connection. Immutable. */
final class NatsOptions {
  private static final int PINGS_OUT = 2;
  private static final int UNBOUNDED = Integer.MAX_VALUE;

  private final NatsSettings settings;
  private final UnaryOperator<Options.Builder> custom;

  NatsOptions(NatsSettings settings, UnaryOperator<Options.Builder> custom) {
    this.settings = settings;
    this.custom = custom;
  }

  /**
   * Options of one connection.
   *
   * @param servers those of the settings, and those the last server told of
   * @throws MessagingException CONFIG_INVALID or AUTH if a file or key cannot be used
   */
  Options make(
      Collection<String> servers,
      String clientName,
      ExecutorService threads,
      ScheduledExecutorService timer,
      ConnectionListener connectionListener,
      ErrorListener errorListener) {
    Options.Builder builder =
        custom.apply(
            new Options.Builder()
                .connectionTimeout(settings.connectTimeout)
                .dataPortType(NatsPort.class.getName()));
    builder
        .servers(servers.toArray(String[]::new))
        .connectionName(clientName)
        // A connection is one link: jnats neither reconnects it nor keeps anything for later.
        .maxReconnects(0)
        .reconnectBufferSize(0)
        .pingInterval(settings.pingInterval)
        .maxPingsOut(PINGS_OUT)
        // The runtime's windows bound what waits; a full queue would block its caller for 2 s.
        .maxMessagesInOutgoingQueue(UNBOUNDED)
        .executor(threads)
        .connectExecutor(threads)
        .scheduledExecutor(timer)
        .callbackExecutor(new SameThread())
        .connectionListener(connectionListener)
        .errorListener(errorListener);
    if (settings.tls) {
      builder
          .sslContext(NatsTls.context(settings))
          // The only mode that hands the host name on, so that it can be compared.
          .hostnameResolveMode(Options.HostnameResolveMode.HappyEyeballs);
      if (settings.tlsFirst) {
        builder.tlsFirst();
      }
    }
    authenticate(builder);
    return builder.build();
  }

  private void authenticate(Options.Builder builder) {
    if (settings.credentialsFile != null) {
      if (!Files.isReadable(Path.of(settings.credentialsFile))) {
        throw new MessagingException(
            ErrorCode.AUTH,
            "nats.credentials-file " + settings.credentialsFile + " cannot be read");
      }
      builder.authHandler(Nats.credentials(settings.credentialsFile));
    } else if (settings.nkey != null) {
      builder.authHandler(new Seed(settings.nkey.get()));
    } else if (settings.token != null) {
      builder.token(settings.token.get().toCharArray());
    } else if (settings.username != null) {
      String password = settings.password == null ? "" : settings.password.get();
      builder.userInfo(settings.username.get().toCharArray(), password.toCharArray());
    }
  }

  /** Signs the server's challenge with an nkey. */
  private static final class Seed implements AuthHandler {
    private final NKey key;

    Seed(String seed) {
      try {
        key = NKey.fromSeed(seed.toCharArray());
      } catch (IllegalArgumentException e) {
        throw new MessagingException(
            ErrorCode.CONFIG_INVALID, "nats.nkey is no seed of an nkey (it starts with SU)");
      }
    }

    @Override
    public byte[] sign(byte[] nonce) {
      try {
        return key.sign(nonce);
      } catch (GeneralSecurityException | IOException e) {
        throw new IllegalStateException("the challenge cannot be signed", e);
      }
    }

    @Override
    public char[] getID() {
      try {
        return key.getPublicKey();
      } catch (GeneralSecurityException | IOException e) {
        throw new IllegalStateException("the nkey has no public part", e);
      }
    }

    @Override
    @SuppressWarnings("NullAway") // jnats asks for null where there is no JWT
    public char[] getJWT() {
      return null;
    }
  }

  /**
   * Runs callbacks where they happen, so that what jnats has to say about a failed attempt is known
   * before the attempt ends, and what it threw away before the call returns.
   */
  private static final class SameThread extends AbstractExecutorService {
    @Override
    public void execute(Runnable command) {
      command.run();
    }

    @Override
    public void shutdown() {
      // It owns nothing.
    }

    @Override
    public List<Runnable> shutdownNow() {
      return List.of();
    }

    @Override
    public boolean isShutdown() {
      return false;
    }

    @Override
    public boolean isTerminated() {
      return false;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
      return true;
    }
  }
}
