package dev.missive.nats;

import dev.missive.spi.BrokerContext;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;

/** The threads of one client. Thread-safe. */
final class NatsThreads {
  /** For what may block, and for jnats. */
  final ExecutorService io;

  /** One, for what has an order: the beginning and the end of links, and results. */
  final ExecutorService events;

  /** For jnats alone: all other waiting goes through the runtime's time. */
  final ScheduledThreadPoolExecutor timer;

  NatsThreads(BrokerContext context) {
    this.io = Executors.newCachedThreadPool(context.threads("io"));
    this.events = Executors.newSingleThreadExecutor(context.threads("events"));
    this.timer = new ScheduledThreadPoolExecutor(1, context.threads("timer"));
    this.timer.setRemoveOnCancelPolicy(true);
  }

  /** Runs something that may block. */
  void block(Runnable task) {
    run(io, task);
  }

  /** Runs something in line with the beginning and the end of links. */
  void inLine(Runnable task) {
    run(events, task);
  }

  private static void run(ExecutorService on, Runnable task) {
    try {
      on.execute(task);
    } catch (RejectedExecutionException e) {
      // Closed: nobody waits for it any more.
    }
  }

  /** Ends them; what still has a result is told before. */
  void end() {
    events.shutdown();
    timer.shutdownNow();
    io.shutdownNow();
  }
}
