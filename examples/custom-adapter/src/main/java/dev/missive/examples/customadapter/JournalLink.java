package dev.missive.examples.customadapter;

import dev.missive.MessagingException;
import dev.missive.spi.BrokerContext;
import dev.missive.spi.BrokerContext.Link;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * How a client is connected: opens the journal, loses it, and opens it again for ever. Changed on
 * the loop's thread alone, read on any.
 */
final class JournalLink {
  private static final long FIRST_WAIT_MILLIS = 250;
  private static final long LONGEST_WAIT_MILLIS = 30_000;
  private static final int DOUBLINGS = 7;

  private final BrokerContext context;
  private final JournalSettings settings;
  private final JournalLoop loop;
  private volatile @Nullable JournalEpoch epoch;
  private boolean closed;
  private int failures;

  JournalLink(BrokerContext context, JournalSettings settings, JournalLoop loop) {
    this.context = context;
    this.settings = settings;
    this.loop = loop;
  }

  /** The connection that stands; null if none does. */
  @Nullable JournalEpoch epoch() {
    return epoch;
  }

  /** The journal of an epoch, if that is not over. */
  JournalStore store(@Nullable JournalEpoch of) {
    if (of == null || !of.alive()) {
      throw JournalErrors.notConnected(settings.directory());
    }
    return of.store;
  }

  /** One attempt. */
  void open() {
    try {
      epoch = JournalEpoch.open(settings.directory(), loop::wake);
    } catch (IOException e) {
      throw JournalErrors.unreachable(settings.directory(), e);
    }
    // Subscriptions join in the next step.
    loop.wake();
  }

  /** The connection is gone: says so, and makes it again. */
  void lost(IOException why) {
    context.connection(Link.RECONNECTING, String.valueOf(why.getMessage()), why);
    reconnectLater();
  }

  /** From now on nothing of this client is at the journal. */
  void leave() {
    JournalEpoch left = epoch;
    epoch = null;
    if (left != null) {
      left.close();
    }
  }

  /** Leaves, for good. */
  void close() {
    closed = true;
    leave();
  }

  /** 250 ms, doubling to 30 s, with full jitter. */
  private void reconnectLater() {
    long most = Math.min(LONGEST_WAIT_MILLIS, FIRST_WAIT_MILLIS << Math.min(DOUBLINGS, failures++));
    Duration wait = Duration.ofMillis(ThreadLocalRandom.current().nextLong(1, most + 1));
    JournalCommand reopen = new JournalCommand(this::reopen, failure -> {});
    context.time().schedule(wait, () -> loop.submit(reopen));
  }

  private void reopen() {
    if (closed) {
      return;
    }
    try {
      open();
      failures = 0;
      context.connection(Link.CONNECTED, "the journal is open again", null);
    } catch (MessagingException e) {
      reconnectLater();
    }
  }
}
