package dev.missive.rabbitmq;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.Socket;
import java.net.SocketException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The sockets of one link, from the moment they are opened. Thread-safe. */
final class Sockets {
  private static final Logger LOG = System.getLogger("dev.missive.rabbitmq");

  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private volatile boolean cut;

  /** Takes one that is about to connect; closes it at once if the others were cut. */
  void add(Socket socket) {
    open.add(socket);
    if (cut) {
      close(socket);
    }
  }

  /**
   * Closes them for good. Whoever connects, writes or reads gets an exception; the client alone
   * would wait for a writer that is stuck.
   */
  void cut() {
    cut = true;
    open.forEach(Sockets::close);
    open.clear();
  }

  private static void close(Socket socket) {
    try {
      // Without it a TLS socket waits for its writer before it closes.
      socket.setSoLinger(true, 0);
    } catch (SocketException e) {
      // Closed already.
    }
    try {
      socket.close();
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "a socket to RabbitMQ could not be closed", e);
    }
  }
}
