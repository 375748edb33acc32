package dev.missive.examples.customadapter;

import dev.missive.spi.BrokerContext;
import dev.missive.spi.Time;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What the loop's thread does each time: runs commands and takes messages while it has the journal
 * to itself, then tells results and delivers without it. Confined to that thread.
 */
final class JournalWork implements JournalLoop.Step {
  private final List<JournalSubscription> subscriptions = new ArrayList<>();
  private final JournalSettings settings;
  private final Time time;
  private final JournalLoop loop;
  private final JournalLink link;
  private volatile boolean forced;
  private boolean busy;
  private long busySince;
  private long sweptAt;

  JournalWork(BrokerContext context, JournalSettings settings) {
    this.settings = settings;
    this.time = context.time();
    this.loop = new JournalLoop(context, this);
    this.link = new JournalLink(context, settings, loop);
  }

  JournalLoop loop() {
    return loop;
  }

  JournalLink link() {
    return link;
  }

  void add(JournalSubscription subscription) {
    subscriptions.add(subscription);
    loop.wake();
  }

  void remove(JournalSubscription subscription) {
    subscriptions.remove(subscription);
  }

  /** On any thread: waits for no other process any more. */
  void force() {
    forced = true;
    loop.wake();
  }

  /** Ends everything; what was not settled goes back. */
  void end(Runnable then) {
    link.close();
    List.copyOf(subscriptions).forEach(JournalSubscription::end);
    subscriptions.clear();
    loop.end(then);
  }

  @Override
  public boolean run(List<JournalCommand> commands) {
    JournalEpoch epoch = link.epoch();
    try {
      if (epoch == null) {
        executeAll(commands);
      } else if (!work(epoch, commands)) {
        return false;
      }
    } catch (IOException e) {
      lose(e, commands);
      return true;
    }
    commands.forEach(JournalCommand::report);
    subscriptions.removeIf(subscription -> !subscription.deliver());
    return true;
  }

  /** Does what there is to do, alone; false if another process has the journal. */
  private boolean work(JournalEpoch epoch, List<JournalCommand> commands) throws IOException {
    boolean sweep = time.nanos() - sweptAt >= settings.pollInterval().toNanos();
    if (sweep || !commands.isEmpty() || wanted(epoch)) {
      boolean done =
          epoch.alone(
              () -> {
                // First, since it also finds that our own session was ended: whoever went on then
                // would hold messages in the name of a member that has left.
                if (sweep) {
                  sweep(epoch);
                }
                if (!epoch.session.alive()) {
                  throw new IOException("the session was ended, or its directory is gone");
                }
                executeAll(commands);
                for (JournalSubscription subscription : subscriptions) {
                  subscription.take(epoch, nowMillis());
                }
              });
      if (!done) {
        return waitForOthers();
      }
    }
    busy = false;
    epoch.store.look(() -> loop.alarm(untilDue(epoch)));
    return true;
  }

  private static void executeAll(List<JournalCommand> commands) throws IOException {
    for (JournalCommand command : commands) {
      command.execute();
    }
  }

  /** Whether a subscription would join or take something. */
  private boolean wanted(JournalEpoch epoch) throws IOException {
    boolean[] wanted = new boolean[1];
    epoch.store.look(
        () -> {
          for (JournalSubscription subscription : subscriptions) {
            wanted[0] |= subscription.wants(epoch, nowMillis());
          }
        });
    return wanted[0];
  }

  /** Gives back what clients held that are gone. */
  private void sweep(JournalEpoch epoch) throws IOException {
    sweptAt = time.nanos();
    for (String session :
        JournalSession.dead(settings.directory(), epoch.store.state().members())) {
      epoch.store.append(new JournalRecord.Left(session));
    }
  }

  /** Always false: the same again, unless it has lasted too long. */
  private boolean waitForOthers() throws IOException {
    long now = time.nanos();
    busySince = busy ? busySince : now;
    busy = !forced && now - busySince <= settings.lockTimeout().toNanos();
    if (!busy) {
      throw new IOException("another process has kept it locked for too long");
    }
    return false;
  }

  /** Other processes cannot wake us, so we look after them from time to time. */
  private Duration untilDue(JournalEpoch epoch) throws IOException {
    long due = Long.MAX_VALUE;
    for (JournalSubscription subscription : subscriptions) {
      due = Math.min(due, subscription.nextDue(epoch));
    }
    long poll = settings.pollInterval().toMillis();
    long wait = due - nowMillis();
    return Duration.ofMillis(wait < poll ? Math.max(1, wait) : poll);
  }

  /** First what was under way fails, in order, then everything held is gone. */
  private void lose(IOException why, List<JournalCommand> commands) {
    JournalEpoch lost = link.epoch();
    link.leave();
    for (JournalCommand command : commands) {
      command.fail(JournalErrors.lost(settings.directory(), why));
      command.report();
    }
    if (lost != null) {
      link.lost(why);
      List.copyOf(subscriptions).forEach(subscription -> subscription.revoked(lost));
    }
  }

  private long nowMillis() {
    return time.now().toEpochMilli();
  }
}
