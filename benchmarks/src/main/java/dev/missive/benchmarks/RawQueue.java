package dev.missive.benchmarks;

import java.nio.ByteBuffer;
import java.util.concurrent.LinkedBlockingQueue;

/** What the in-memory broker is measured beside: a queue that promises nothing. */
final class RawQueue implements Client {
  private static final byte[] END = {};

  private final LinkedBlockingQueue<byte[]> queue = new LinkedBlockingQueue<>(WINDOW);

  @Override
  public void publish(byte[] body, Confirmation confirmation) throws InterruptedException {
    queue.put(body);
    confirmation.stored();
  }

  @Override
  public Intake consume(int handlers, Receiver receiver) {
    Thread thread = new Thread(() -> take(receiver), "benchmarks-raw-take");
    thread.start();
    return () -> {
      queue.put(END);
      thread.join();
    };
  }

  private void take(Receiver receiver) {
    try {
      for (byte[] body = queue.take(); body != END; body = queue.take()) {
        receiver.received(ByteBuffer.wrap(body));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public String configuration() {
    return "LinkedBlockingQueue of " + WINDOW + "; no confirmation, no settling, no headers";
  }

  @Override
  public void close() {}
}
