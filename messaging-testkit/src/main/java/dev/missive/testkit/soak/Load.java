package dev.missive.testkit.soak;

import dev.missive.Capability;
import dev.missive.Consumer;
import dev.missive.DeadLetters;
import dev.missive.Handler;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.Ordering;
import dev.missive.PublishException;
import dev.missive.ReceivedMessage;
import dev.missive.RetryPolicy;
import dev.missive.testkit.contract.BrokerUnderTest;
import dev.missive.testkit.history.History;
import dev.missive.testkit.history.Violation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Producers that publish and wait for each receipt, each with keys of its own, and two groups of
 * two instances each, one with order per key. Which messages fail, and how often, follows from
 * their ids.
 */
final class Load implements AutoCloseable {
  private static final int KEYS_EACH = 10;
  private static final int PRODUCERS = 4;
  private static final int INSTANCES = 2;
  private static final int MAX_ATTEMPTS = 10;
  private static final int CONCURRENCY = 8;

  /** One of so many messages fails at first, and one of so many of those twice. */
  private static final int FAILING = 25;

  private static final Duration DRAIN = Duration.ofSeconds(10);
  private static final Duration DEADLINE = Duration.ofSeconds(20);

  private final String run = UUID.randomUUID().toString().substring(0, 8);
  private final String topic = "soak-" + run + ".events";
  private final String ordered = "ledger-" + run;
  private final String unordered = "audit-" + run;
  private final boolean keyOrder;
  private final History history = new History();
  private final Random random;
  private final long pauseNanos;
  private final List<Messaging> connections = new ArrayList<>();
  private final List<Consumer> consumers = new ArrayList<>();
  private final List<Thread> producers = new ArrayList<>();
  private final AtomicLong stored = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();
  private final AtomicLong unknown = new AtomicLong();
  private final Problems problems;
  private volatile boolean ending;

  Load(BrokerUnderTest broker, long seed, int messagesPerSecond, Problems problems) {
    this.problems = problems;
    this.random = new Random(seed);
    this.pauseNanos = Duration.ofSeconds(PRODUCERS).toNanos() / messagesPerSecond;
    Map<String, String> settings =
        Map.of("producer.deadline", DEADLINE.toSeconds() + "s", "connect.attempts", "0");
    Messaging publishing = open(broker, settings);
    publishing.start();
    this.keyOrder = publishing.support(Capability.KEY_ORDER) != Capability.Support.NONE;
    for (int i = 0; i < INSTANCES; i++) {
      consumers.add(consumer(open(broker, settings), ordered, Ordering.KEY));
      consumers.add(consumer(open(broker, settings), unordered, Ordering.NONE));
    }
    consumers.forEach(Consumer::start);
    consumers.forEach(consumer -> consumer.ready().toCompletableFuture().join());
    for (int i = 0; i < PRODUCERS; i++) {
      int number = i;
      Thread thread =
          new Thread(() -> publish(publishing, number, seed), "missive-soak-producer-" + i);
      thread.setDaemon(true);
      producers.add(thread);
    }
    producers.forEach(Thread::start);
  }

  private Messaging open(BrokerUnderTest broker, Map<String, String> settings) {
    Messaging messaging = broker.open(settings, null);
    connections.add(messaging);
    return messaging;
  }

  private Consumer consumer(Messaging messaging, String group, Ordering ordering) {
    Handler handler =
        message -> {
          if (message.attempt() <= failures(message)) {
            throw new IllegalStateException("fails this time");
          }
        };
    return messaging
        .consumer(topic)
        .group(group)
        .ordering(ordering)
        .concurrency(CONCURRENCY)
        .retry(
            RetryPolicy.exponential(Duration.ofMillis(100), Duration.ofSeconds(2))
                .maxAttempts(MAX_ATTEMPTS))
        .handler(history.recording(group, handler))
        .build();
  }

  private static int failures(ReceivedMessage message) {
    int number = Math.floorMod(message.id().hashCode(), FAILING * FAILING);
    return number == 0 ? 2 : number % FAILING == 0 ? 1 : 0;
  }

  /** Whoever waits for each receipt, and has its keys for itself, knows their order. */
  private void publish(Messaging messaging, int producer, long seed) {
    Random choice = new Random(seed + producer);
    for (long number = 0; !ending; number++) {
      byte[] payload = new byte[choice.nextInt(2_000)];
      choice.nextBytes(payload);
      Message message =
          Message.builder(topic)
              .id(run + "-" + producer + "-" + number)
              .key("k" + producer + "-" + choice.nextInt(KEYS_EACH))
              .payload(payload)
              .build();
      history.sent(message);
      try {
        messaging.producer().publish(message);
        history.stored(message.id());
        stored.incrementAndGet();
      } catch (PublishException e) {
        if (e.outcome() == PublishException.Outcome.NOT_STORED) {
          history.refused(message.id());
          refused.incrementAndGet();
        } else {
          unknown.incrementAndGet();
        }
      } catch (RuntimeException e) {
        // Nobody knows of this one either, and nobody should have to catch it.
        unknown.incrementAndGet();
        problems.add("publishing", e);
      }
      LockSupport.parkNanos(pauseNanos);
    }
  }

  /** Stops a consumer with so little time that handlers may be cut, and starts it again. */
  void restartOne(long millis) {
    Consumer consumer = any();
    consumer.stop(Duration.ofMillis(millis));
    consumer.start();
  }

  void pauseOne(Runnable meanwhile) {
    Consumer consumer = any();
    consumer.pause();
    meanwhile.run();
    consumer.resume();
  }

  private Consumer any() {
    return consumers.get(random.nextInt(consumers.size()));
  }

  /** Publishes nothing more; returns when each publish has its result. */
  void stopPublishing() {
    ending = true;
    for (Thread producer : producers) {
      try {
        producer.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** What breaks a promise so far, with so many duplicates of a message that faults explain. */
  List<Violation> check(int duplicates) {
    List<Violation> found = new ArrayList<>();
    found.addAll(history.check(new History.Rules(List.of(ordered), keyOrder, duplicates)));
    found.addAll(history.check(History.Rules.atLeastOnce(duplicates).group(unordered)));
    return found;
  }

  long runs() {
    return history.runs(ordered) + history.runs(unordered);
  }

  long stored() {
    return stored.get();
  }

  long refused() {
    return refused.get();
  }

  long unknown() {
    return unknown.get();
  }

  /** How many messages were given up; none should be. */
  long deadLetters() {
    DeadLetters letters = connections.get(0).deadLetters();
    return letters.count(topic, ordered) + letters.count(topic, unordered);
  }

  @Override
  public void close() {
    stopPublishing();
    connections.forEach(messaging -> messaging.close(DRAIN));
  }
}
