package dev.missive.testkit.proxy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/** The one thread of a proxy. It sleeps until a socket, a command or a due byte wakes it. */
final class ProxyLoop implements Runnable {
  private static final long NANOS_IN_MILLI = 1_000_000;

  private final Object lock = new Object();
  private final ServerSocketChannel listener;
  private final InetSocketAddress target;
  private final Selector selector;
  private final Queue<Runnable> commands = new ConcurrentLinkedQueue<>();
  private final Set<Link> links = new LinkedHashSet<>();
  private final Map<Direction, Long> cuts = new EnumMap<>(Direction.class);
  private final ByteCounts forwarded = new ByteCounts();
  private final ByteCounts swallowed = new ByteCounts();
  private final AtomicLong accepted = new AtomicLong();
  private volatile Faults faults = Faults.NONE;
  private volatile int open;
  private volatile boolean stopped;

  ProxyLoop(ServerSocketChannel listener, InetSocketAddress target) throws IOException {
    this.listener = listener;
    this.target = target;
    this.selector = Selector.open();
    listener.configureBlocking(false);
    listener.register(selector, SelectionKey.OP_ACCEPT);
  }

  /**
   * Runs something on the thread of the proxy and waits until it is done; nothing once it ended.
   */
  void call(Runnable command) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    synchronized (lock) {
      if (stopped) {
        return;
      }
      commands.add(
          () -> {
            try {
              command.run();
              done.complete(null);
            } catch (RuntimeException e) {
              done.completeExceptionally(e);
            }
          });
      selector.wakeup();
    }
    done.join();
  }

  @Override
  public void run() {
    try {
      while (!stopped) {
        select();
        runCommands();
        moveAll();
      }
      listener.close();
      selector.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      stop();
      runCommands();
    }
  }

  private void runCommands() {
    for (Runnable next = commands.poll(); next != null; next = commands.poll()) {
      next.run();
    }
  }

  private void select() throws IOException {
    long now = System.nanoTime();
    long pause = links.stream().mapToLong(link -> link.pause(now)).min().orElse(Long.MAX_VALUE);
    if (pause == Long.MAX_VALUE) {
      selector.select();
    } else if (pause > 0) {
      selector.select((pause + NANOS_IN_MILLI - 1) / NANOS_IN_MILLI);
    } else {
      selector.selectNow();
    }
    for (SelectionKey key : Set.copyOf(selector.selectedKeys())) {
      if (key.channel() == listener) {
        accept();
      } else {
        onLink((Link) key.attachment(), key);
      }
    }
    selector.selectedKeys().clear();
  }

  private void accept() throws IOException {
    for (SocketChannel next = listener.accept(); next != null; next = listener.accept()) {
      accepted.incrementAndGet();
      if (faults.refusing()) {
        Link.close(next, true);
      } else {
        open(next);
      }
    }
  }

  private void open(SocketChannel client) {
    try {
      links.add(new Link(this, selector, client, faults.blackhole() ? null : target));
      open = links.size();
    } catch (IOException e) {
      Link.close(client, true);
    }
  }

  private void onLink(Link link, SelectionKey key) {
    try {
      if (key.isValid()) {
        link.ready(key);
      }
    } catch (IOException e) {
      // One side is gone or was never there: the other hears of it as it would without us.
      link.close(true);
    }
  }

  private void moveAll() {
    for (Link link : List.copyOf(links)) {
      try {
        link.move();
      } catch (IOException e) {
        link.close(true);
      }
    }
  }

  Faults faults() {
    return faults;
  }

  void faults(Faults next) {
    faults = next;
  }

  void cutAfter(Direction direction, long bytes) {
    cuts.put(direction, bytes);
  }

  void forgetCuts() {
    cuts.clear();
  }

  /** How many bytes may still pass. */
  long untilCut(Direction direction) {
    return cuts.getOrDefault(direction, Long.MAX_VALUE);
  }

  /** Counts; true if the connection that these bytes went through is to be cut now. */
  boolean forwarded(Direction direction, int count) {
    forwarded.add(direction, count);
    Long left = cuts.get(direction);
    if (left == null) {
      return false;
    }
    if (left > count) {
      cuts.put(direction, left - count);
      return false;
    }
    cuts.remove(direction);
    return true;
  }

  void swallowed(Direction direction, int count) {
    swallowed.add(direction, count);
  }

  ByteCounts forwarded() {
    return forwarded;
  }

  ByteCounts swallowed() {
    return swallowed;
  }

  long accepted() {
    return accepted.get();
  }

  int open() {
    return open;
  }

  Set<Link> links() {
    return Set.copyOf(links);
  }

  void closed(Link link) {
    links.remove(link);
    open = links.size();
  }

  /** Ends the thread; called on it. */
  void stop() {
    links().forEach(link -> link.close(false));
    synchronized (lock) {
      stopped = true;
    }
  }
}
