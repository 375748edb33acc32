package dev.missive.testkit.proxy;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Stands between clients and a server and does to their connections what networks do. Listens on
 * 127.0.0.1 only. Has one daemon thread, which sleeps while nothing happens. Thread-safe; each
 * method returns when what it asks for is in force.
 *
 * @since 0.1
 */
public final class TcpProxy implements AutoCloseable {
  private final int port;
  private final InetSocketAddress target;
  private final ProxyLoop loop;
  private final Thread thread;
  private final AtomicBoolean closed = new AtomicBoolean();

  private TcpProxy(int port, InetSocketAddress target, ProxyLoop loop) {
    this.port = port;
    this.target = target;
    this.loop = loop;
    this.thread = new Thread(loop, "missive-proxy-" + port);
    thread.setDaemon(true);
  }

  /**
   * Opens a proxy.
   *
   * @param port on 127.0.0.1; 0 for any that is free
   * @param target the server; need not listen yet
   * @return to be closed by the caller
   * @throws MessagingException BROKER_UNREACHABLE if the port is taken
   */
  public static TcpProxy open(int port, InetSocketAddress target) {
    try {
      ServerSocketChannel listener = ServerSocketChannel.open();
      try {
        listener.setOption(StandardSocketOptions.SO_REUSEADDR, true);
        listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        int real = ((InetSocketAddress) listener.getLocalAddress()).getPort();
        TcpProxy proxy = new TcpProxy(real, target, new ProxyLoop(listener, target));
        proxy.thread.start();
        return proxy;
      } catch (IOException e) {
        listener.close();
        throw e;
      }
    } catch (IOException e) {
      throw new MessagingException(
          ErrorCode.BROKER_UNREACHABLE,
          "No proxy can listen on 127.0.0.1:" + port + ": " + e.getMessage() + ". Choose another",
          e);
    }
  }

  /**
   * The port to which clients connect.
   *
   * @return on 127.0.0.1
   */
  public int port() {
    return port;
  }

  /** Closes all connections of now, as servers and clients do. New ones work. */
  public void cut() {
    loop.call(() -> loop.links().forEach(link -> link.close(false)));
  }

  /**
   * Resets all connections of now (RST), and forgets a {@link #cutAfter} still to come. New ones
   * work.
   */
  public void reset() {
    loop.call(
        () -> {
          loop.forgetCuts();
          loop.links().forEach(link -> link.close(true));
        });
  }

  /**
   * Lets so many more bytes through, all connections taken together, and then closes the connection
   * that the last of them went through, wherever in a frame that is. Once; new connections work.
   *
   * @param direction whose bytes count
   * @param bytes at least 1; exactly so many arrive
   */
  public void cutAfter(Direction direction, long bytes) {
    if (bytes < 1) {
      throw new MessagingException(
          ErrorCode.CONFIG_INVALID, "cutAfter: bytes was " + bytes + " but must be at least 1");
    }
    loop.call(() -> loop.cutAfter(direction, bytes));
  }

  /**
   * Makes the connections of now half-open: they stay open on both sides, what is sent vanishes,
   * and no side hears when the other closes. For good. New ones work.
   */
  public void halfOpen() {
    loop.call(() -> loop.links().forEach(Link::lose));
  }

  /**
   * The same for connections of now and new ones, which are accepted and lead nowhere, until {@link
   * #heal}.
   */
  public void blackhole() {
    loop.call(
        () -> {
          for (Direction direction : Direction.values()) {
            loop.faults(loop.faults().dropping(direction));
          }
          loop.links().forEach(Link::lose);
        });
  }

  /**
   * What is sent in one direction vanishes, until {@link #heal}; the other direction works.
   *
   * @param direction whose bytes vanish
   */
  public void drop(Direction direction) {
    loop.call(() -> loop.faults(loop.faults().dropping(direction)));
  }

  /**
   * Holds back each byte, in both directions, until {@link #heal}. Does not lower the throughput,
   * except that at most 256 KiB a direction and connection are under way.
   *
   * @param delay for each direction; zero for none
   */
  public void delay(Duration delay) {
    loop.call(() -> loop.faults(loop.faults().delaying(delay.toNanos())));
  }

  /**
   * Bounds the throughput of each connection and direction, until {@link #heal}.
   *
   * @param bytesPerSecond 0 for no bound
   */
  public void throttle(long bytesPerSecond) {
    loop.call(() -> loop.faults(loop.faults().throttling(bytesPerSecond)));
  }

  /** Resets each new connection as soon as it is made, until {@link #heal}. Those of now go on. */
  public void refuse() {
    loop.call(() -> loop.faults(loop.faults().refusingAll()));
  }

  /**
   * Ends all faults. Connections that lost bytes are reset: what they would carry now makes no
   * sense.
   */
  public void heal() {
    loop.call(
        () -> {
          loop.faults(Faults.NONE);
          loop.forgetCuts();
          loop.links().stream().filter(Link::lost).forEach(link -> link.close(true));
        });
  }

  /**
   * How many connections clients have made so far.
   *
   * @return also those that were refused or are closed
   */
  public long accepted() {
    return loop.accepted();
  }

  /**
   * How many connections are open.
   *
   * @return also the half-open ones
   */
  public int open() {
    return loop.open();
  }

  /**
   * How many bytes went through.
   *
   * @param direction counted on its own
   * @return since the proxy was opened
   */
  public long forwarded(Direction direction) {
    return loop.forwarded().of(direction);
  }

  /**
   * How many bytes vanished.
   *
   * @param direction counted on its own
   * @return since the proxy was opened
   */
  public long swallowed(Direction direction) {
    return loop.swallowed().of(direction);
  }

  /** Closes all connections and stops listening. Does nothing the second time. */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      loop.call(loop::stop);
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public String toString() {
    return "proxy on port " + port + " to " + target;
  }
}
