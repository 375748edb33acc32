package dev.missive.benchmarks;

import java.nio.ByteBuffer;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A client, and how far it has come: messages are numbered as long as it lives, so that each is
 * known when it comes. Confined to the thread that measures.
 */
final class Side {
  static final int BODY = 1024;

  /** In each of its messages, so that what others left behind is known. */
  private final long mark = ThreadLocalRandom.current().nextLong();

  final Client client;
  private long published;
  private long consumed;

  Side(Client client) {
    this.client = client;
  }

  /** The numbers of the next messages to publish begin here. */
  long publish(int count) {
    long first = published;
    published += count;
    return first;
  }

  /** Waits for as many of those that were published and not consumed. */
  Tally consume(int count, int unmeasured) {
    Tally tally = new Tally(mark, consumed, count, unmeasured);
    consumed += count;
    return tally;
  }

  /** A body that says which message it is and when it was due. */
  byte[] body(long number, long dueNanos) {
    byte[] body = new byte[BODY];
    ByteBuffer.wrap(body).putLong(mark).putLong(number).putLong(dueNanos);
    return body;
  }
}
