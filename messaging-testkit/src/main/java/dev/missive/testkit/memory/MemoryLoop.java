package dev.missive.testkit.memory;

import dev.missive.spi.DeliveryListener;
import dev.missive.spi.Time;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The I/O thread of one connection. It takes all that was submitted at once, runs it in order under
 * one hold of the server's lock, and then reports results and hands out deliveries without it. It
 * is woken only when it sleeps.
 *
 * <p>Settlements come through an inbox of their own, so that consumers and producers do not fight
 * for one. They are run before the commands taken with them: what was settled before a command was
 * submitted is settled when it runs.
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
  private final MemoryInbox submitted = new MemoryInbox();
  private final MemoryInbox settled = new MemoryInbox();
  private final AtomicBoolean started = new AtomicBoolean();

  /** Subscriptions with something to deliver; guarded by the server's lock. */
  private final List<MemorySubscription> pumps = new ArrayList<>();

  private volatile boolean pumping;
  private volatile boolean working;
  private volatile boolean sleeping;
  private volatile boolean closed;
  private volatile boolean abandoned;
  private volatile boolean ended;
  private volatile long steps;
  private volatile @Nullable Thread thread;
  private volatile @Nullable Runnable question;
  private volatile Runnable last = () -> {};

  MemoryLoop(MemoryServer server, ThreadFactory threads, Time time) {
    this.server = server;
    this.threads = threads;
    this.unwatch = time.watch(this::activity);
  }

  void submit(MemoryCommand command) {
    if (submitted.push(command)) {
      wake();
    }
  }

  /**
   * Asks something that may block before the command runs, without the server's lock.
   *
   * @param asked run once, on this thread
   */
  void submit(MemoryCommand command, Runnable asked) {
    question = asked;
    submit(command);
  }

  void settle(MemoryDelivery delivery) {
    if (settled.push(delivery)) {
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
      try {
        step(deliveries);
      } catch (RuntimeException | Error e) {
        LOG.log(System.Logger.Level.ERROR, "the in-memory broker failed", e);
      }
      steps++;
    }
    ended = true;
    late();
    working = false;
    unwatch.run();
    last.run();
  }

  private void late() {
    step(new ArrayList<>());
  }

  private boolean nothingToDo() {
    return server.faults.hung || empty();
  }

  private boolean empty() {
    return submitted.isEmpty() && settled.isEmpty() && !pumping;
  }

  private void sleep() {
    // Letting others run before sleeping lets commands gather: a wake-up each would cost more.
    for (int i = 0; i < YIELDS && empty(); i++) {
      Thread.yield();
    }
    sleeping = true;
    if (server.faults.hung) {
      server.hanging.add(this);
      if (!closed && server.faults.hung) {
        LockSupport.park(this);
      }
      server.hanging.remove(this);
    } else if (!closed && empty()) {
      LockSupport.park(this);
    }
    sleeping = false;
  }

  private void step(List<MemoryDelivery> deliveries) {
    // In this order: whoever settles and then submits finds his settlement done.
    MemoryCommand commands = submitted.take();
    MemoryCommand settlements = settled.take();
    Runnable asked = question;
    if (asked != null) {
      question = null;
      asked.run();
    }
    server.lock.lock();
    try {
      executeAll(settlements);
      executeAll(commands);
      server.assign();
      pumping = false;
      for (MemorySubscription subscription : pumps) {
        MemoryDelivery first = subscription.fetch();
        if (first != null) {
          deliveries.add(first);
        }
      }
      pumps.clear();
    } finally {
      server.lock.unlock();
    }
    reportAll(commands);
    reportAll(settlements);
    deliveries.forEach(this::deliver);
    deliveries.clear();
  }

  private static void executeAll(@Nullable MemoryCommand first) {
    for (MemoryCommand command = first; command != null; command = command.nextCommand) {
      execute(command);
    }
  }

  private void reportAll(@Nullable MemoryCommand first) {
    MemoryCommand next;
    for (MemoryCommand command = first; command != null && !abandoned; command = next) {
      next = command.nextCommand;
      command.nextCommand = null;
      report(command);
    }
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
  private static void report(MemoryCommand command) {
    try {
      command.report();
    } catch (RuntimeException | Error e) {
      thrown(e);
    }
  }

  /** Runs foreign code without the lock: what it throws is logged and harms nobody else. */
  static void guarded(Runnable foreign) {
    try {
      foreign.run();
    } catch (RuntimeException | Error e) {
      thrown(e);
    }
  }

  /** Delivers one after another of one subscription. */
  private void deliver(MemoryDelivery first) {
    DeliveryListener listener = first.subscription.listener;
    MemoryDelivery delivery = first;
    while (delivery != null && !abandoned) {
      // Read before it is delivered: its settlement is linked by the same field.
      MemoryDelivery next = (MemoryDelivery) delivery.nextCommand;
      delivery.nextCommand = null;
      try {
        listener.delivered(delivery, next != null);
      } catch (RuntimeException | Error e) {
        thrown(e);
      }
      delivery = next;
    }
  }

  private static void thrown(Throwable e) {
    LOG.log(System.Logger.Level.ERROR, "a callback of the in-memory broker threw", e);
  }

  private long activity() {
    return nothingToDo() && !working ? steps : -1;
  }
}
