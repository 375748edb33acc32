package dev.missive.testkit.memory;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** What one connection lasts. What is not volatile is guarded by the server's lock. */
final class MemoryEpoch {
  final MemoryConnection connection;

  /** Sends whose result is kept back, in order. */
  private final List<MemoryPublish> held = new ArrayList<>();

  volatile boolean alive;
  boolean blocked;

  MemoryEpoch(MemoryConnection connection, boolean alive, boolean blocked) {
    this.connection = connection;
    this.alive = alive;
    this.blocked = blocked;
  }

  void hold(MemoryPublish send) {
    held.add(send);
  }

  /**
   * The alarm is over: stores what waited for that.
   *
   * @return those whose result can be reported now
   */
  List<MemoryPublish> unblock() {
    blocked = false;
    return take(send -> send.unblock() ? !send.held() : false);
  }

  /**
   * Confirms flow again.
   *
   * @return those whose result can be reported now
   */
  List<MemoryPublish> confirm() {
    return take(MemoryPublish::confirm);
  }

  /**
   * The connection is gone.
   *
   * @return all that was held, in order
   */
  List<MemoryPublish> lose() {
    alive = false;
    return take(
        send -> {
          send.lose();
          return true;
        });
  }

  private List<MemoryPublish> take(Predicate<MemoryPublish> which) {
    List<MemoryPublish> taken = new ArrayList<>();
    held.removeIf(
        send -> {
          boolean takes = which.test(send);
          if (takes) {
            taken.add(send);
          }
          return takes;
        });
    return taken;
  }
}
