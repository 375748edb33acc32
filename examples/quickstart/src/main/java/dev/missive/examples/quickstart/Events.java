package dev.missive.examples.quickstart;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.ReceivedMessage;
import dev.missive.Router;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * What the application does with its messages: a typed handler per type of event, and one for all
 * others.
 */
final class Events {
  private static final int FLAKY_ONE_IN = 40;

  private final Map<String, LongAdder> handled = new ConcurrentHashMap<>();
  private final boolean flaky;
  private final AtomicBoolean stuck;
  private final JsonMapper json = JsonMapper.builder().build();

  /**
   * A measured event. {@code rms} is a number that the handler needs, so a record without it cannot
   * be read.
   */
  record Quake(String id, Measures properties) {}

  /** What was measured. */
  record Measures(double mag, @Nullable String place, long time, double rms) {}

  /** A blast, of which less is known. */
  record Blast(String id, Site properties) {}

  /** Where it was. */
  record Site(@Nullable String place, long time) {}

  /**
   * Makes one.
   *
   * @param flaky whether some first attempts fail
   * @param stuck whether one handler never returns
   */
  Events(boolean flaky, boolean stuck) {
    this.flaky = flaky;
    this.stuck = new AtomicBoolean(stuck);
  }

  /** Routes by message type; others only have to be JSON. */
  Router on(Router router) {
    return router
        .on("earthquake", Quake.class, (quake, message) -> done("earthquake", message))
        .on("explosion", Blast.class, (blast, message) -> done("explosion", message))
        .on("quarry blast", Blast.class, (blast, message) -> done("quarry blast", message))
        .otherwise(this::other);
  }

  private void other(ReceivedMessage message) {
    try {
      json.readTree(message.payload());
    } catch (JacksonException e) {
      // Dead-lettered at once with reason undecodable: no retry makes it readable.
      throw new MessagingException(ErrorCode.UNDECODABLE, "the record is not JSON");
    }
    done("other", message);
  }

  private void done(String type, ReceivedMessage message) {
    if (stuck.compareAndSet(true, false)) {
      neverReturn();
    }
    // A service behind a handler fails now and then; the first attempt of some records stands for
    // that.
    if (flaky
        && message.attempt() == 1
        && Math.floorMod(message.id().hashCode(), FLAKY_ONE_IN) == 0) {
      throw new IllegalStateException("the service behind this handler is busy");
    }
    handled.computeIfAbsent(type, t -> new LongAdder()).increment();
  }

  /** As code that waits without end and swallows its interrupt. */
  private static void neverReturn() {
    while (true) {
      LockSupport.park();
      Thread.interrupted();
    }
  }

  /** How many were handled, by type. */
  Map<String, Long> handled() {
    Map<String, Long> counts = new TreeMap<>();
    handled.forEach((type, count) -> counts.put(type, count.sum()));
    return counts;
  }
}
