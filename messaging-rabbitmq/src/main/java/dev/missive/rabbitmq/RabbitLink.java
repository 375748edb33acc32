package dev.missive.rabbitmq;

import com.rabbitmq.client.Address;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.ShutdownSignalException;
import com.rabbitmq.client.SocketConfigurators;
import com.rabbitmq.client.impl.DefaultExceptionHandler;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Two connections that stand and fall together: one to publish, which the broker may block, and one
 * to consume (ADR 0012). Thread-safe; made by a thread that may wait.
 */
final class RabbitLink {
  private static final Logger LOG = System.getLogger("dev.missive.rabbitmq");

  /** Told once, on a thread of the client, when the link is lost. */
  @FunctionalInterface
  interface Lost {
    void lost(RabbitLink link, String why, @Nullable Throwable cause);
  }

  final Connection publishing;
  final Connection consuming;
  private final Sockets sockets;
  private final AtomicBoolean gone = new AtomicBoolean();
  private final Lost lost;
  private volatile boolean declared;

  /**
   * Connects.
   *
   * @param last what is done to the factory after everything else: the client verifies host names
   *     by the socket configurator, which is set here
   * @param sockets where it keeps its own; whoever cuts them ends it, also while it is being made
   * @throws IOException if it cannot
   * @throws TimeoutException if nobody answers
   */
  RabbitLink(
      ConnectionFactory factory,
      Consumer<ConnectionFactory> last,
      List<Address> addresses,
      String name,
      Sockets sockets,
      Lost lost)
      throws IOException, TimeoutException {
    this.sockets = sockets;
    this.lost = lost;
    factory.setExceptionHandler(new Handler());
    factory.setSocketConfigurator(SocketConfigurators.defaultConfigurator().andThen(sockets::add));
    last.accept(factory);
    List<Address> order = new ArrayList<>(addresses);
    Collections.shuffle(order);
    boolean done = false;
    Connection first = null;
    try {
      first = factory.newConnection(order, name + "-publish");
      publishing = first;
      consuming = factory.newConnection(order, name + "-consume");
      publishing.addShutdownListener(this::shutdown);
      consuming.addShutdownListener(this::shutdown);
      done = true;
    } finally {
      if (!done) {
        gone.set(true);
        if (first != null) {
          first.abort(0);
        }
        sockets.cut();
      }
    }
  }

  boolean alive() {
    return !gone.get();
  }

  /** The broker's version, as it calls it. */
  String version() {
    Object version = consuming.getServerProperties().get("version");
    return version == null ? "unknown" : version.toString();
  }

  /** Whether the delay queues were declared over this link. */
  boolean declared() {
    return declared;
  }

  void declared(boolean now) {
    declared = now;
  }

  /** A channel for orders, each on one of its own, because errors close it. */
  Channel channel() throws IOException {
    Channel channel = consuming.createChannel();
    if (channel == null) {
      throw new IOException("the broker allows no more channels");
    }
    return channel;
  }

  /** Closes both in good order, as far as that is possible within the time, and then by force. */
  void close(long millis) {
    gone.set(true);
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    for (Connection connection : List.of(consuming, publishing)) {
      long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
      connection.abort((int) Math.max(1, left));
    }
    sockets.cut();
  }

  private void shutdown(ShutdownSignalException signal) {
    fail(RabbitErrors.said(signal), signal);
  }

  private void fail(String why, @Nullable Throwable cause) {
    if (gone.compareAndSet(false, true)) {
      sockets.cut();
      lost.lost(this, why, cause);
    }
  }

  /** Threads as the runtime names them; the client would give each a name of its own. */
  static ThreadFactory keepingNames(ThreadFactory threads) {
    return task -> {
      String[] name = new String[1];
      Thread thread =
          threads.newThread(
              () -> {
                Thread.currentThread().setName(name[0]);
                task.run();
              });
      name[0] = thread.getName();
      return thread;
    };
  }

  /** What the client tells when something breaks; it logs nothing by itself. */
  private final class Handler extends DefaultExceptionHandler {
    @Override
    public void handleUnexpectedConnectionDriverException(Connection connection, Throwable cause) {
      // Before the client shuts down, which would wait for a writer that is stuck.
      fail(RabbitErrors.said(cause), cause);
    }

    @Override
    protected void log(String message, Throwable cause) {
      LOG.log(Level.DEBUG, message, cause);
    }

    @Override
    protected void handleChannelKiller(Channel channel, Throwable cause, String what) {
      // On the client's reading thread, where closing one channel would wait for itself.
      LOG.log(Level.ERROR, "a defect of the RabbitMQ adapter: " + what, cause);
      fail(what, cause);
    }
  }
}
