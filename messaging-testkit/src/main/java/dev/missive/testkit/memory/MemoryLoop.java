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
 *
 * <p>What is submitted after the end is still run, by a thread that lives for that only: whoever
 * asked gets an answer.
 */
final class MemoryLoop {
  private static final System.Logger LOG = System.getLogger(MemoryLoop.class.getName());
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
  private volatile boolean ended;
  private volatile long steps;
  private volatile @Nullable Thread thread;
  private volatile Runnable last = () -> {};

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

  /**
   * Ends the thread.
   *
   * @param then run as the last thing, after everything that was submitted before
   */
  void close(Runnable then) {
    last = then;
    closed = true;
    LockSupport.unpark(thread);
  }

  /** As if the process had died: nothing is answered any more. */
  void abandon() {
    abandoned = true;
    close(() -> {});
    if (!started.get()) {
      unwatch.run();
    }
  }

  /** The broker answers again. */
  void resume() {
    LockSupport.unpark(thread);
  }

  private void wake() {
    if (ended) {
      if (!abandoned) {
        threads.newThread(this::late).start();
      }
    } else if (started.compareAndSet(false, true)) {
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
      if (nothingToDo()) {
        working = false;
        sleep();
        continue;
      }
      step(inOrder(submitted.getAndSet(null)), deliveries);
      steps++;
    }
    ended = true;
    late();
    working = false;
    unwatch.run();
    last.run();
  }

  private void late() {
    MemoryCommand commands = inOrder(submitted.getAndSet(null));
    if (commands != null) {
      step(commands, new ArrayList<>());
    }
  }

  private boolean nothingToDo() {
    return server.faults.hung || submitted.get() == null && !pumping;
  }

  private void sleep() {
    // Letting others run before sleeping lets commands gather: a wake-up each would cost more.
    for (int i = 0; i < YIELDS && submitted.get() == null && !pumping; i++) {
      Thread.yield();
    }
    sleeping = true;
    if (!closed && nothingToDo()) {
      LockSupport.park(this);
    }
    sleeping = false;
  }

  private void step(@Nullable MemoryCommand commands, List<MemoryDelivery> deliveries) {
    server.lock.lock();
    try {
      for (MemoryCommand command = commands; command != null; command = command.nextCommand) {
        execute(command);
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
      report(command);
    }
    deliver(deliveries);
  }

  private static void execute(MemoryCommand command) {
    try {
      command.execute();
    } catch (RuntimeException | Error e) {
      LOG.log(System.Logger.Level.ERROR, "a command to the in-memory broker failed", e);
      command.broken(e);
    }
  }

  /** Without the lock. */
  static void report(MemoryCommand command) {
    guarded(command::report);
  }

  /** Runs foreign code: what it throws is logged and harms nobody else. */
  static void guarded(Runnable foreign) {
    try {
      foreign.run();
    } catch (RuntimeException | Error e) {
      LOG.log(System.Logger.Level.ERROR, "a callback of the in-memory broker threw", e);
    }
  }

  private void deliver(List<MemoryDelivery> deliveries) {
    int end = deliveries.size() - 1;
    for (int i = 0; i <= end && !abandoned; i++) {
      MemoryDelivery delivery = deliveries.get(i);
      DeliveryListener listener = delivery.subscription.listener;
      boolean more = i < end && deliveries.get(i + 1).subscription == delivery.subscription;
      try {
        listener.delivered(delivery, more);
      } catch (RuntimeException | Error e) {
        LOG.log(System.Logger.Level.ERROR, "a listener of the in-memory broker threw", e);
      }
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
    return nothingToDo() && !working ? steps : -1;
  }
}
