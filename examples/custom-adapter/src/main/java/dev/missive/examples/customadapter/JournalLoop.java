package dev.missive.examples.customadapter;

import dev.missive.spi.BrokerContext;
import dev.missive.spi.Time;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The one thread of a client. It takes all commands that have gathered at once, so that they share
 * one lock and one wait for the disk. It sleeps until somebody submits, wakes it, or its alarm
 * rings. Thread-safe.
 */
final class JournalLoop {
  private static final JournalCommand WAKE = new JournalCommand(() -> {}, failure -> {});
  private static final Duration BUSY = Duration.ofMillis(1);

  private final LinkedBlockingQueue<JournalCommand> submitted = new LinkedBlockingQueue<>();
  private final AtomicInteger open = new AtomicInteger();
  private final AtomicBoolean started = new AtomicBoolean();
  private final AtomicBoolean woken = new AtomicBoolean();
  private final ThreadFactory threads;
  private final Time time;
  private final Step step;
  private final Runnable unwatch;
  private volatile boolean ended;
  private volatile long steps;
  private volatile Runnable alarm = () -> {};
  private volatile Runnable last = () -> {};

  /** Does what was submitted, in order; false if it must be tried again with the same commands. */
  interface Step {
    boolean run(List<JournalCommand> commands);
  }

  JournalLoop(BrokerContext context, Step step) {
    this.threads = context.threads("io");
    this.time = context.time();
    this.step = step;
    // A virtual clock stands still while a command is under way.
    this.unwatch = time.watch(() -> open.get() == 0 ? steps : -1);
  }

  void submit(JournalCommand command) {
    open.incrementAndGet();
    submitted.add(command);
    if (started.compareAndSet(false, true)) {
      threads.newThread(this::run).start();
    }
    if (ended && submitted.remove(command)) {
      open.decrementAndGet();
      threads.newThread(() -> refuse(command)).start();
    }
  }

  /** Something has changed: look at it. */
  void wake() {
    if (!ended && woken.compareAndSet(false, true)) {
      submit(WAKE);
    }
  }

  /** Wakes this loop later, unless it is set again before. */
  void alarm(Duration after) {
    alarm.run();
    alarm = time.schedule(after, this::wake);
  }

  /** Ends the thread after this step; called on it. */
  void end(Runnable then) {
    last = then;
    ended = true;
  }

  private void run() {
    List<JournalCommand> commands = new ArrayList<>();
    while (!ended) {
      int taken = take(commands);
      if (step.run(commands)) {
        commands.clear();
      } else {
        alarm(BUSY);
      }
      steps++;
      open.addAndGet(-taken);
    }
    alarm.run();
    submitted.drainTo(commands);
    commands.forEach(JournalLoop::refuse);
    unwatch.run();
    last.run();
  }

  private int take(List<JournalCommand> commands) {
    int before = commands.size();
    try {
      commands.add(submitted.take());
    } catch (InterruptedException e) {
      // Nobody interrupts this thread; it ends by a command.
      return 0;
    }
    submitted.drainTo(commands);
    int taken = commands.size() - before;
    if (commands.removeIf(command -> command == WAKE)) {
      woken.set(false);
    }
    return taken;
  }

  private static void refuse(JournalCommand command) {
    command.fail(JournalErrors.closed());
    command.report();
  }
}
