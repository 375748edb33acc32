package dev.missive.rabbitmq;

import dev.missive.Handler;
import dev.missive.ReceivedMessage;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Fails at the first attempt of some messages, so that retries are under way whenever something
 * breaks, and knows which have not succeeded since. Thread-safe.
 */
final class Flaky implements Handler {
  /** One of so many fails; which ones follows from their ids. */
  private static final int ONE_OF = 25;

  private final Set<String> owing = ConcurrentHashMap.newKeySet();
  private volatile boolean failed;

  @Override
  public void handle(ReceivedMessage message) {
    if (message.attempt() == 1 && Math.floorMod(message.id().hashCode(), ONE_OF) == 0) {
      owing.add(message.id());
      failed = true;
      throw new IllegalStateException("fails this time");
    }
    owing.remove(message.id());
  }

  /** Whether some have failed, and each of them has succeeded since. */
  boolean madeGood() {
    return failed && owing.isEmpty();
  }

  /** What has failed and not succeeded since. */
  Set<String> owing() {
    return Set.copyOf(owing);
  }
}
