package dev.missive.testkit.memory;

import dev.missive.MessagingException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A broker in this process. It outlives its connections, as a real one does. Everything but the
 * list of connections is guarded by {@link #lock}.
 */
final class MemoryServer {
  private static final Map<String, MemoryServer> SERVERS = new ConcurrentHashMap<>();

  final ReentrantLock lock = new ReentrantLock();
  final MemoryFaults faults = new MemoryFaults();
  final List<MemoryConnection> connections = new CopyOnWriteArrayList<>();

  /** Those that wait for an answer, also to their first login. */
  final Set<MemoryLoop> hanging = ConcurrentHashMap.newKeySet();

  final MemoryTimers timers = new MemoryTimers(this);
  final MemoryCatalog catalog;
  final MemoryStore store;
  final MemoryTopology topology = new MemoryTopology(this);
  private final String name;
  private final List<MemoryGroup> dirty = new ArrayList<>();
  long operations;
  @Nullable String requiredUser;
  @Nullable String requiredPassword;
  long refusals;

  private MemoryServer(String name) {
    this.name = name;
    MemoryQuota quota = new MemoryQuota();
    catalog = new MemoryCatalog(quota);
    store = new MemoryStore(this, catalog, timers, quota, faults);
  }

  static MemoryServer named(String name) {
    return SERVERS.computeIfAbsent(name, MemoryServer::new);
  }

  /** Nobody finds it any more. */
  void forget() {
    SERVERS.remove(name, this);
  }

  // ---- connections

  /** Lets a connection in, or says why not. */
  @Nullable MessagingException accept(
      MemoryConnection connection, @Nullable String user, @Nullable String password) {
    if (faults.down) {
      return MemoryErrors.unreachable(name);
    }
    boolean wrong =
        requiredUser != null
            && !(requiredUser.equals(user) && Objects.equals(requiredPassword, password));
    if (wrong || faults.refuseCredentials) {
      refusals++;
      return MemoryErrors.refused(name);
    }
    timers.use(connection.time());
    if (!connections.contains(connection)) {
      connections.add(connection);
    }
    return null;
  }

  /** A connection has gone, and its clock with it if others have one. */
  void leave(MemoryConnection connection) {
    if (connections.remove(connection) && !connections.isEmpty()) {
      timers.use(connections.get(connections.size() - 1).time());
    }
  }

  // ---- handing out

  /** There may be something to hand out in this group. */
  void dirty(MemoryGroup group) {
    if (!group.dirty) {
      group.dirty = true;
      dirty.add(group);
    }
  }

  /** Hands out what changed; the connections concerned are told by their subscriptions. */
  void assign() {
    for (MemoryGroup group : dirty) {
      group.dirty = false;
      group.assign(faults);
    }
    dirty.clear();
  }

  void clear() {
    catalog.clear();
    timers.clear();
  }
}
