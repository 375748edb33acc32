package dev.missive.testkit.memory;

import dev.missive.spi.DeliveryListener;
import dev.missive.spi.Time;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The I/O thread of one connection. Commands come through a stack that callers push to without a
 * lock; the thread takes all of it at once, runs them in order under one hold of the server's lock,
 * and then reports results and hands out deliveries without it. It is woken only when it sleeps.
 */
final class MemoryLoop {
  private static final int YIELDS = 20;

  private final MemoryServer server;
  private final ThreadFactory threads;
  private final Runnable unwatch;
  private final AtomicReference<@Nullable MemoryCommand> submitted = new AtomicReference<>();
  private final AtomicBoolean started = new AtomicBoolean();

  /** Subscriptions with something to deliver; guarded by the server's lock. */
  private final Set<MemorySubscription> pumps = new LinkedHashSet<>();

  private volatile boolean pumping;
  private volatile boolean working;
  private volatile boolean sleeping;
  private volatile boolean closed;
  private volatile boolean abandoned;
  private volatile long steps;
  private volatile @Nullable Thread thread;

  MemoryLoop(MemoryServer server, ThreadFactory threads, Time time) {
    this.server = server;
    this.threads = threads;
    this.unwatch = time.watch(this::activity);
  }

  void submit(MemoryCommand command) {
    MemoryCommand top;
    do {
      top = submitted.get();
      command.nextCommand = top;
    } while (!submitted.compareAndSet(top, command));
    if (top == null) {
      wake();
    }
  }

  /** A subscription has something to deliver; the server's lock is held. */
  void pump(MemorySubscription subscription) {
    pumps.add(subscription);
    if (!pumping) {
      pumping = true;
      if (Thread.currentThread() != thread) {
        wake();
      }
    }
  }

  /** Ends the thread; what is submitted later is never run. */
  void close() {
    closed = true;
    unwatch.run();
    LockSupport.unpark(thread);
  }

  /** As if the process had died. */
  void abandon() {
    abandoned = true;
    close();
  }

  /** The broker answers again. */
  void resume() {
    LockSupport.unpark(thread);
  }

  private void wake() {
    if (started.compareAndSet(false, true)) {
      Thread made = threads.newThread(this::run);
      thread = made;
      made.start();
    } else if (sleeping) {
      sleeping = false;
      LockSupport.unpark(thread);
    }
  }

  private void run() {
    thread = Thread.currentThread();
    List<MemoryDelivery> deliveries = new ArrayList<>();
    while (!closed) {
      working = true;
      if (server.faults.hung || submitted.get() == null && !pumping) {
        working = false;
        sleep();
        continue;
      }
      step(inOrder(submitted.getAndSet(null)), deliveries);
      steps++;
    }
    working = false;
  }

  private void sleep() {
    // Letting others run before sleeping lets commands gather: a wake-up each would cost more.
    for (int i = 0; i < YIELDS && submitted.get() == null && !pumping; i++) {
      Thread.yield();
    }
    sleeping = true;
    if (!closed && (server.faults.hung || submitted.get() == null && !pumping)) {
      LockSupport.park(this);
    }
    sleeping = false;
  }

  private void step(@Nullable MemoryCommand commands, List<MemoryDelivery> deliveries) {
    server.lock.lock();
    try {
      for (MemoryCommand command = commands; command != null; command = command.nextCommand) {
        command.execute();
      }
      server.assign();
      pumping = false;
      for (MemorySubscription subscription : pumps) {
        for (MemoryDelivery next = subscription.fetch();
            next != null;
            next = subscription.fetch()) {
          deliveries.add(next);
        }
      }
      pumps.clear();
    } finally {
      server.lock.unlock();
    }
    MemoryCommand next;
    for (MemoryCommand command = commands; command != null && !abandoned; command = next) {
      next = command.nextCommand;
      command.nextCommand = null;
      command.report();
    }
    deliver(deliveries);
  }

  private void deliver(List<MemoryDelivery> deliveries) {
    int last = deliveries.size() - 1;
    for (int i = 0; i <= last && !abandoned; i++) {
      MemoryDelivery delivery = deliveries.get(i);
      DeliveryListener listener = delivery.subscription.listener;
      boolean more = i < last && deliveries.get(i + 1).subscription == delivery.subscription;
      listener.delivered(delivery, more);
    }
    deliveries.clear();
  }

  /** The stack has the newest on top. */
  private static @Nullable MemoryCommand inOrder(@Nullable MemoryCommand newest) {
    MemoryCommand ordered = null;
    for (MemoryCommand command = newest; command != null; ) {
      MemoryCommand next = command.nextCommand;
      command.nextCommand = ordered;
      ordered = command;
      command = next;
    }
    return ordered;
  }

  private long activity() {
    boolean idle = server.faults.hung || submitted.get() == null && !pumping;
    return idle && !working ? steps : -1;
  }
}
