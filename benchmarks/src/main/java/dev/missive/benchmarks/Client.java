package dev.missive.benchmarks;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * One client of a broker on one topic and group of its own: Missive, or what a careful user would
 * write with the broker's own client. Both sides do the same with the same guarantees.
 */
interface Client extends AutoCloseable {
  /** How many messages may be unconfirmed. Missive's default, and so that of the raw side. */
  int WINDOW = 1000;

  /** How many deliveries may be unsettled. Missive's default, and so that of the raw side. */
  int PREFETCH = 100;

  /** What both send with each message. */
  String[][] HEADERS = {
    {"source", "benchmarks"}, {"trace", "4bf92f3577b34da6"}, {"tenant", "north"}, {"version", "1"}
  };

  /** Told once for each message; thread-safe. */
  interface Confirmation {
    /** The broker has it. */
    void stored();

    /** It does not, or nobody knows. */
    void failed(Throwable why);
  }

  /** Handles what has come; thread-safe. */
  interface Receiver {
    /** One message, unchanged. */
    void received(ByteBuffer body);
  }

  /** Deliveries on their way to a receiver. */
  interface Intake {
    /** Takes no more, and returns after everything handled is settled. */
    void stop() throws Exception;
  }

  /**
   * Publishes one message with {@link #HEADERS}; waits while the window is full. Called by several
   * threads.
   */
  void publish(byte[] body, Confirmation confirmation) throws Exception;

  /**
   * Takes messages until it is stopped; each is acknowledged after the receiver has returned.
   *
   * @param handlers how many receivers may run at the same time
   * @return once everything published from now on will come
   */
  Intake consume(int handlers, Receiver receiver) throws Exception;

  /** What it does and with which settings, for whoever reads the figures. */
  String configuration();

  @Override
  void close() throws IOException;
}
