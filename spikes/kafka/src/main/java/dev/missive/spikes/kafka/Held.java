package dev.missive.spikes.kafka;

import dev.missive.Message;
import dev.missive.Position;
import dev.missive.spi.Delivery;
import java.util.Optional;

/** A delivery; release = it stays open until the assignment ends, then comes again. */
record Held(Part part, In in) implements Delivery {
  @Override public Message message() { return in; }
  @Override public Position position() { return new Position(in.record().partition(), in.record().offset()); }
  @Override public Object epoch() { return part; }
  @Override public Settled ack() { return settle(true); }
  @Override public Settled release() { return settle(false); }
  private Settled settle(boolean ack) { return part.over ? Settled.STALE : part.settle(in.record().offset(), ack) ? Settled.DONE : Settled.ALREADY; }
  @Override public void failedRuns(int count) {}
  @Override public <T> Optional<T> unwrap(Class<T> type) { return Optional.empty(); }
}
