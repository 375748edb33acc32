package dev.missive.testkit.proxy;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/** One connection of a client and what belongs to it on the other side. Confined to its thread. */
final class Link {
  private final ProxyLoop loop;
  private final SocketChannel client;
  private final SelectionKey clientKey;
  private final Lane toServer;
  private final Lane toClient;
  private @Nullable SocketChannel server;
  private @Nullable SelectionKey serverKey;
  private boolean connected;

  /** Takes what was accepted; without a target nobody is on the other side. */
  Link(ProxyLoop loop, Selector selector, SocketChannel client, @Nullable InetSocketAddress target)
      throws IOException {
    this.loop = loop;
    this.client = client;
    this.toServer = new Lane(Direction.TO_SERVER, loop);
    this.toClient = new Lane(Direction.TO_CLIENT, loop);
    client.configureBlocking(false);
    client.setOption(StandardSocketOptions.TCP_NODELAY, true);
    clientKey = client.register(selector, 0, this);
    if (target == null) {
      lose();
    } else {
      connect(selector, target);
    }
    update();
  }

  private void connect(Selector selector, InetSocketAddress target) throws IOException {
    SocketChannel other = SocketChannel.open();
    try {
      other.configureBlocking(false);
      other.setOption(StandardSocketOptions.TCP_NODELAY, true);
      connected = other.connect(target);
      serverKey = other.register(selector, connected ? 0 : SelectionKey.OP_CONNECT, this);
      server = other;
    } catch (IOException e) {
      other.close();
      throw e;
    }
  }

  /** Handles what the selector saw on one of the two sockets. */
  void ready(SelectionKey key) throws IOException {
    SocketChannel other = server;
    if (key.isConnectable() && other != null) {
      connected = other.finishConnect();
    }
    if (key.isValid() && key.isReadable()) {
      (key == clientKey ? toServer : toClient).read((SocketChannel) key.channel());
    }
    move();
  }

  /** Writes what can be written and waits for the rest. */
  void move() throws IOException {
    SocketChannel other = server;
    if (other != null && connected) {
      if (!toServer.write(other) || !toClient.write(client)) {
        close(false);
        return;
      }
      if (toServer.finished() && toClient.finished()) {
        close(false);
        return;
      }
    }
    update();
  }

  /** Both sides stay open and hear nothing more of each other. */
  void lose() {
    toServer.lose();
    toClient.lose();
  }

  boolean lost() {
    return toServer.lost() || toClient.lost();
  }

  /** In how many nanoseconds there is something to do without any event; MAX_VALUE for never. */
  long pause(long now) {
    return !connected ? Long.MAX_VALUE : Math.min(toServer.pause(now), toClient.pause(now));
  }

  /** Closes both sides, politely or with a reset. */
  void close(boolean reset) {
    close(client, reset);
    SocketChannel other = server;
    if (other != null) {
      close(other, reset);
    }
    loop.closed(this);
  }

  private void update() {
    SelectionKey other = serverKey;
    if (other == null || !connected) {
      // Without the other side bytes are taken only to vanish.
      set(clientKey, toServer.lost() && toServer.wantsToRead(), false);
      return;
    }
    set(clientKey, toServer.wantsToRead(), toClient.blocked());
    set(other, toClient.wantsToRead(), toServer.blocked());
  }

  private static void set(SelectionKey key, boolean read, boolean write) {
    if (key.isValid()) {
      key.interestOps((read ? SelectionKey.OP_READ : 0) | (write ? SelectionKey.OP_WRITE : 0));
    }
  }

  static void close(SocketChannel channel, boolean reset) {
    try {
      if (reset) {
        channel.setOption(StandardSocketOptions.SO_LINGER, 0);
      }
      channel.close();
    } catch (IOException e) {
      // It is closed one way or the other.
    }
  }
}
