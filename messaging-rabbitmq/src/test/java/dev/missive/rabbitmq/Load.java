package dev.missive.rabbitmq;

import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.PublishException;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.history.History;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Publishers that go on until they are told, each with a key of its own. */
final class Load implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(120);

  final List<PublishException> failures = new CopyOnWriteArrayList<>();
  private final Messaging messaging;
  private final String topic;
  private final History history;
  private final AtomicInteger stored = new AtomicInteger();
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean enough;

  Load(Messaging messaging, String topic, History history, int publishers) {
    this.messaging = messaging;
    this.topic = topic;
    this.history = history;
    for (int i = 0; i < publishers; i++) {
      String key = "key-" + i;
      threads.add(new Thread(() -> publish(key), "load-" + i));
    }
    threads.forEach(Thread::start);
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

  int stored() {
    return stored.get();
  }

  /** Returns when so many more have their receipt. */
  void more(int count) {
    int before = stored.get();
    Eventually.await(count + " more receipts", PATIENCE, () -> stored.get() >= before + count);
  }

  /** Returns when nothing was confirmed for two seconds. */
  void standstill() {
    AtomicInteger seen = new AtomicInteger(-1);
    AtomicLong since = new AtomicLong();
    Eventually.await(
        "no more receipts",
        PATIENCE,
        () -> {
          if (seen.getAndSet(stored.get()) != stored.get()) {
            since.set(System.nanoTime());
          }
          return System.nanoTime() - since.get() > TimeUnit.SECONDS.toNanos(2);
        });
  }

  /** Returns when each publish has its result and the group has kept every promise. */
  void settle(String group) {
    close();
    History.Rules rules = History.Rules.atLeastOnce(Integer.MAX_VALUE).group(group);
    Eventually.await("every receipt is handled", PATIENCE, () -> history.check(rules).isEmpty());
  }

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
