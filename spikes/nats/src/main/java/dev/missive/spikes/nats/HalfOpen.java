package dev.missive.spikes.nats;

import dev.missive.ConnectionState;
import dev.missive.Message;
import dev.missive.Messaging;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Arguments: address of a server that runs, its pid, and idle, one or flood. Stops the process with
 * SIGSTOP, which keeps its sockets open, and measures when the connection is called lost.
 */
final class HalfOpen {
  private HalfOpen() {}

  public static void main(String[] args) throws Exception {
    int payload = args[2].equals("flood") ? 100_000 : 10;
    AtomicInteger sent = new AtomicInteger();
    AtomicInteger handled = new AtomicInteger();
    try (Messaging messaging =
        Messaging.builder()
            .settings(Map.of("nats.url", args[0], "broker", "nats", "producer.deadline", "60s"))
            .providers(NatsSpike.provider())
            .open()) {
      var consumer =
          messaging.consumer("half").group("open").handler(m -> handled.incrementAndGet()).build();
      consumer.start();
      consumer.ready().toCompletableFuture().join();
      Thread publisher =
          new Thread(
              () -> {
                while (!Thread.interrupted()) {
                  messaging.producer().publishAsync(Message.of("half", new byte[payload]));
                  sent.incrementAndGet();
                  if (payload == 10) {
                    java.util.concurrent.locks.LockSupport.parkNanos(10_000_000);
                  }
                }
              });
      publisher.setDaemon(true);
      if (!args[2].equals("idle")) {
        publisher.start();
        while (handled.get() < 100) {
          Thread.onSpinWait();
        }
      }
      new ProcessBuilder("kill", "-STOP", args[1]).start().waitFor();
      long began = System.nanoTime();
      int before = sent.get();
      while (messaging.health().connection().state() == ConnectionState.CONNECTED) {
        TimeUnit.MILLISECONDS.sleep(10);
      }
      long took = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
      int during = sent.get() - before;
      System.out.println(
          args[2] + ": lost seen after " + took + " ms, " + during + " publishes meanwhile");
      new ProcessBuilder("kill", "-CONT", args[1]).start().waitFor();
      int then = handled.get();
      while (messaging.health().connection().state() != ConnectionState.CONNECTED) {
        TimeUnit.MILLISECONDS.sleep(10);
      }
      if (!args[2].equals("idle")) {
        while (handled.get() < then + 100) {
          TimeUnit.MILLISECONDS.sleep(10);
        }
      }
      publisher.interrupt();
      publisher.join();
      System.out.println(args[2] + ": goes on, " + handled.get() + " handled");
    }
    System.exit(0);
  }
}
