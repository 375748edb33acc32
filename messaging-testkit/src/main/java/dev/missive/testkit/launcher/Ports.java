package dev.missive.testkit.launcher;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Hands out ports that nobody else has. Below 32768, where the kernel takes none for outgoing
 * connections, so that a broker finds its port free when it comes back. A port is locked against
 * other JVMs of this user by one byte of a file, which the system unlocks when this JVM dies.
 * Thread-safe.
 */
final class Ports {
  private static final String RANGE = "20000-32767";
  private static final int TRIES = 2_000;
  private static final Ports INSTANCE = new Ports(range());

  private final Object lock = new Object();
  private final Map<Integer, FileLock> taken = new HashMap<>();
  private final int first;
  private final int last;
  // Stays open: closing any channel of the file would give up all locks.
  private @Nullable FileChannel channel;

  private Ports(int[] range) {
    this.first = range[0];
    this.last = range[1];
  }

  static Ports get() {
    return INSTANCE;
  }

  /** A free port; it stays ours, also while nothing listens, until it is given back. */
  int take() {
    synchronized (lock) {
      for (int i = 0; i < TRIES; i++) {
        int port = ThreadLocalRandom.current().nextInt(first, last + 1);
        if (!taken.containsKey(port) && lock(port)) {
          return port;
        }
      }
    }
    throw new MessagingException(
        ErrorCode.CONFIG_INVALID,
        "No free port between " + first + " and " + last + ". Set MISSIVE_PORTS to another range");
  }

  void giveBack(int port) {
    synchronized (lock) {
      FileLock held = taken.remove(port);
      if (held != null) {
        try {
          held.release();
        } catch (IOException e) {
          throw BrokerHome.unusable(e);
        }
      }
    }
  }

  private boolean lock(int port) {
    try {
      FileLock held = channel().tryLock(port, 1, false);
      if (held == null) {
        return false;
      }
      if (!bindable(port)) {
        held.release();
        return false;
      }
      taken.put(port, held);
      return true;
    } catch (IOException e) {
      throw BrokerHome.unusable(e);
    }
  }

  private FileChannel channel() throws IOException {
    FileChannel open = channel;
    if (open == null) {
      Path cache = Files.createDirectories(BrokerHome.cache());
      open =
          FileChannel.open(
              cache.resolve("ports.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      channel = open;
    }
    return open;
  }

  private static boolean bindable(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static int[] range() {
    String chosen = System.getProperty("missive.ports", System.getenv("MISSIVE_PORTS"));
    String text = chosen == null || chosen.isBlank() ? RANGE : chosen;
    String[] ends = text.split("-");
    try {
      int first = Integer.parseInt(ends[0].strip());
      int last = Integer.parseInt(ends[1].strip());
      if (first > 1023 && first < last && last < 65536) {
        return new int[] {first, last};
      }
    } catch (RuntimeException e) {
      // Said below.
    }
    throw new MessagingException(
        ErrorCode.CONFIG_INVALID,
        "missive.ports (MISSIVE_PORTS) was \"" + text + "\" but must look like " + RANGE);
  }
}
