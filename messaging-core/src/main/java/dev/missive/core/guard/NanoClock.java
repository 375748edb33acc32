package dev.missive.core.guard;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.function.LongSupplier;

/**
 * A clock for libraries that want one, on a time that never jumps: a circuit must not stay open
 * because somebody set the computer's clock back. Its instants mean nothing by themselves.
 */
final class NanoClock extends Clock {
  /** Of guards that nobody gave another: an interceptor is not told its connection's time. */
  static final LongSupplier SYSTEM = System::nanoTime;

  private final LongSupplier nanos;
  private final ZoneId zone;

  NanoClock(LongSupplier nanos) {
    this(nanos, ZoneOffset.UTC);
  }

  private NanoClock(LongSupplier nanos, ZoneId zone) {
    this.nanos = nanos;
    this.zone = zone;
  }

  @Override
  public Instant instant() {
    return Instant.EPOCH.plusNanos(nanos.getAsLong());
  }

  @Override
  public ZoneId getZone() {
    return zone;
  }

  @Override
  public Clock withZone(ZoneId other) {
    return new NanoClock(nanos, other);
  }
}
