package dev.missive.testkit.history;

import static java.util.Objects.requireNonNull;

import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.PublishException;
import dev.missive.testkit.Eventually;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Load for as long as a test breaks things: publishers that go on until they are told, each with a
 * key of its own and one message at a time, and a {@link History} that knows of each of them.
 * Thread-safe.
 *
 * <pre>{@code
 * try (Publishers load = Publishers.start(messaging, "orders", history, 4)) {
 *   load.more(500);
 *   broker.node().kill();
 *   broker.node().start();
 *   load.more(500);
 *   load.settle("billing");
 * }
 * }</pre>
 *
 * @since 0.1
 */
public final class Publishers implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(120);
  private static final long STILL_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final Messaging messaging;
  private final String topic;
  private final History history;
  private final List<PublishException> failures = new CopyOnWriteArrayList<>();
  private final AtomicInteger stored = new AtomicInteger();
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean enough;

  private Publishers(Messaging messaging, String topic, History history) {
    this.messaging = requireNonNull(messaging, "messaging");
    this.topic = requireNonNull(topic, "topic");
    this.history = requireNonNull(history, "history");
  }

  /**
   * Begins to publish.
   *
   * @param messaging publishes; stays open
   * @param topic where to, declared before
   * @param history is told of each message
   * @param count how many publish at the same time, with the keys {@code key-0}, {@code key-1} …
   * @return what goes on until it is closed
   */
  public static Publishers start(Messaging messaging, String topic, History history, int count) {
    Publishers made = new Publishers(messaging, topic, history);
    for (int i = 0; i < count; i++) {
      String key = "key-" + i;
      Thread thread = new Thread(() -> made.publish(key), "publisher-" + i);
      thread.setDaemon(true);
      made.threads.add(thread);
      thread.start();
    }
    return made;
  }

  private void publish(String key) {
    while (!enough) {
      Message message = Message.builder(topic).key(key).text("load").build();
      history.sent(message);
      try {
        messaging.producer().publish(message);
        history.stored(message.id());
        stored.incrementAndGet();
      } catch (PublishException e) {
        failures.add(e);
        if (e.outcome() == PublishException.Outcome.NOT_STORED) {
          history.refused(message.id());
        }
      }
    }
  }

  /**
   * How many messages have their receipt.
   *
   * @return how many so far
   */
  public int stored() {
    return stored.get();
  }

  /**
   * Why messages have none.
   *
   * @return a copy, oldest first
   */
  public List<PublishException> failures() {
    return List.copyOf(failures);
  }

  /**
   * Returns when so many more have their receipt.
   *
   * @param count how many
   * @throws Eventually.Expired if that takes more than two minutes
   */
  public void more(int count) {
    int before = stored.get();
    Eventually.await(count + " more receipts", PATIENCE, () -> stored.get() >= before + count);
  }

  /**
   * Returns when nothing has got a receipt for two seconds.
   *
   * @throws Eventually.Expired if that takes more than two minutes
   */
  public void standstill() {
    AtomicInteger seen = new AtomicInteger(-1);
    AtomicLong since = new AtomicLong();
    Eventually.await(
        "no more receipts",
        PATIENCE,
        () -> {
          if (seen.getAndSet(stored.get()) != stored.get()) {
            since.set(System.nanoTime());
          }
          return System.nanoTime() - since.get() > STILL_NANOS;
        });
  }

  /**
   * Closes this, and returns when a group has handled everything with a receipt at least once.
   *
   * @param group the group, whose handler records into the same history
   * @throws Eventually.Expired if that takes more than two minutes
   */
  public void settle(String group) {
    close();
    History.Rules rules = History.Rules.atLeastOnce(Integer.MAX_VALUE).group(group);
    Eventually.await("every receipt is handled", PATIENCE, () -> history.check(rules).isEmpty());
  }

  /** Publishes no more; returns when each publish has its result. */
  @Override
  public void close() {
    enough = true;
    for (Thread thread : threads) {
      try {
        thread.join(PATIENCE.toMillis());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
