package dev.missive.benchmarks;

import java.nio.ByteBuffer;

/**
 * A client, and how far it has come: messages are numbered for the life of the process, so that
 * each is known when it comes. Confined to the thread that measures.
 */
final class Side {
  static final int BODY = 1024;
  private static final long PROCESS = System.nanoTime() ^ ProcessHandle.current().pid() << 48;

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
    Tally tally = new Tally(PROCESS, consumed, count, unmeasured);
    consumed += count;
    return tally;
  }

  /** A body that says which message it is and when it was due. */
  static byte[] body(long number, long dueNanos) {
    byte[] body = new byte[BODY];
    ByteBuffer.wrap(body).putLong(PROCESS).putLong(number).putLong(dueNanos);
    return body;
  }
}
