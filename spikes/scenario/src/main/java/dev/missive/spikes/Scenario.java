package dev.missive.spikes;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.missive.Consumer;
import dev.missive.DeadLetters;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.NotRetryableException;
import dev.missive.PublishException;
import dev.missive.ReceivedMessage;
import dev.missive.RetryPolicy;
import dev.missive.spi.BrokerProvider;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/**
 * What a spike has to pass through the SPI on a real broker: publish, ack, retry after 3 s, dead
 * letter, redrive, and kill -9 of the broker under load.
 */
public final class Scenario {
  private static final Duration RETRY = Duration.ofSeconds(3);
  private static final String GROUP = "spike";

  private final BrokerProvider provider;
  private final Map<String, String> settings;
  private final Server server;
  private final String topic = "spike-" + Long.toString(System.nanoTime(), Character.MAX_RADIX);

  private Scenario(BrokerProvider provider, Map<String, String> settings, Server server) {
    this.provider = provider;
    this.settings = settings;
    this.server = server;
  }

  /** The broker's process. */
  public interface Server {
    /**
     * Ends it with SIGKILL and starts it again on the same port and data; returns when it listens.
     */
    void killAndRestart() throws Exception;
  }

  /**
   * Runs all steps and prints a line for each.
   *
   * @throws IllegalStateException at the first step that does not hold
   */
  public static void run(BrokerProvider provider, Map<String, String> settings, Server server)
      throws Exception {
    Scenario scenario = new Scenario(provider, settings, server);
    scenario.publishAndAck();
    scenario.retry();
    scenario.deadLetterAndRedrive();
    scenario.killUnderLoad();
    System.out.println("all steps hold");
  }

  private Messaging open() {
    return Messaging.builder()
        .settings(settings)
        .setting("broker", provider.name())
        .providers(provider)
        .open();
  }

  private void publishAndAck() throws Exception {
    long began = System.nanoTime();
    Set<String> sent = new HashSet<>();
    Set<String> seen = ConcurrentHashMap.newKeySet();
    try (Messaging messaging = open()) {
      Consumer consumer = start(messaging, message -> seen.add(message.id()));
      for (int i = 0; i < 1000; i++) {
        sent.add(messaging.producer().publish(message(i)).id());
      }
      await("1000 messages are handled", 30, () -> seen.size() >= 1000);
      check(seen.equals(sent), "what was handled is what was published");
      check(consumer.stop(Duration.ofSeconds(10)).complete(), "the drain report adds up");
    }
    ConcurrentLinkedQueue<String> again = new ConcurrentLinkedQueue<>();
    try (Messaging messaging = open()) {
      start(messaging, message -> again.add(message.id()));
      String sentinel = messaging.producer().publish(message(1001)).id();
      await("the sentinel is handled", 30, () -> again.contains(sentinel));
      check(again.size() == 1, "acknowledged messages do not come back: " + again.size());
    }
    done("publish and ack", began);
  }

  private void retry() throws Exception {
    long began = System.nanoTime();
    AtomicLong first = new AtomicLong();
    AtomicLong second = new AtomicLong();
    try (Messaging messaging = open()) {
      start(
          messaging,
          message -> {
            if (message.attempt() == 1) {
              first.set(System.nanoTime());
              throw new IllegalStateException("fails once");
            }
            second.set(System.nanoTime());
          });
      messaging.producer().publish(message(1));
      await("the second run", 40, () -> second.get() != 0);
    }
    long waited = TimeUnit.NANOSECONDS.toMillis(second.get() - first.get());
    check(waited >= RETRY.toMillis(), "not earlier than the backoff, but after " + waited + " ms");
    done("retry after " + waited + " ms", began);
  }

  private void deadLetterAndRedrive() throws Exception {
    long began = System.nanoTime();
    Set<String> handled = ConcurrentHashMap.newKeySet();
    boolean[] broken = {true};
    try (Messaging messaging = open()) {
      start(
          messaging,
          message -> {
            if (broken[0]) {
              throw new NotRetryableException("broken");
            }
            handled.add(message.id());
          });
      String id = messaging.producer().publish(message(7)).id();
      await("the dead letter", 30, () -> messaging.deadLetters().count(topic, GROUP) == 1);
      for (int i = 0; i < 3; i++) {
        try (DeadLetters.Cursor cursor = messaging.deadLetters().open(topic, GROUP)) {
          List<DeadLetters.Letter> letters = cursor.next(10);
          check(letters.size() == 1, "one letter is shown, peek " + i + ": " + letters.size());
          check(letters.get(0).message().id().equals(id), "it is the one");
        }
      }
      broken[0] = false;
      try (DeadLetters.Cursor cursor = messaging.deadLetters().open(topic, GROUP)) {
        cursor.redrive(DeadLetters.RedriveOptions.all());
      }
      await("the redriven message", 40, () -> handled.contains(id));
      await("no dead letter", 30, () -> messaging.deadLetters().count(topic, GROUP) == 0);
    }
    done("dead letter and redrive", began);
  }

  private void killUnderLoad() throws Exception {
    long began = System.nanoTime();
    AtomicBoolean enough = new AtomicBoolean();
    Set<String> receipts = ConcurrentHashMap.newKeySet();
    Set<String> handled = ConcurrentHashMap.newKeySet();
    try (Messaging messaging = open()) {
      start(messaging, message -> handled.add(message.id()));
      Thread publisher =
          new Thread(
              () -> {
                for (int i = 0; !enough.get() && i < 200_000; i++) {
                  try {
                    receipts.add(messaging.producer().publish(message(i)).id());
                  } catch (PublishException e) {
                    System.out.println("  a publish failed: " + e.getMessage());
                  }
                }
              });
      publisher.start();
      await("load", 30, () -> handled.size() > 500);
      server.killAndRestart();
      int before = handled.size();
      await("load after the restart", 60, () -> handled.size() > before + 500);
      enough.set(true);
      publisher.join(60_000);
      check(!publisher.isAlive(), "the publisher ends");
      await("every receipt is handled", 60, () -> handled.containsAll(receipts));
    }
    done("kill -9 under load, " + receipts.size() + " receipts", began);
  }

  private Consumer start(Messaging messaging, Handling handling) throws Exception {
    Consumer consumer =
        messaging
            .consumer(topic)
            .group(GROUP)
            .concurrency(4)
            .retry(RetryPolicy.exponential(RETRY, RETRY))
            .handler(handling::handle)
            .build();
    consumer.start();
    consumer.ready().toCompletableFuture().get(30, TimeUnit.SECONDS);
    return consumer;
  }

  private interface Handling {
    void handle(ReceivedMessage message) throws Exception;
  }

  private Message message(int i) {
    return Message.builder(topic)
        .key("key-" + i % 50)
        .payload(("{\"n\":" + i + "}").getBytes(UTF_8))
        .build();
  }

  private static void await(String what, int seconds, BooleanSupplier condition)
      throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    while (!condition.getAsBoolean()) {
      check(System.nanoTime() < end, what + " within " + seconds + " s");
      TimeUnit.MILLISECONDS.sleep(10);
    }
  }

  private static void check(boolean holds, String what) {
    if (!holds) {
      throw new IllegalStateException("does not hold: " + what);
    }
  }

  private static void done(String step, long began) {
    long took = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
    System.out.println("ok  " + step + " (" + took + " ms)");
  }
}
