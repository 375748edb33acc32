package dev.missive.core.consume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Consumer;
import dev.missive.ConsumerState;
import dev.missive.DrainReport;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.core.HookedProvider;
import dev.missive.spi.Subscription;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.FakeHandler;
import dev.missive.testkit.MemoryBroker;
import dev.missive.testkit.VirtualTime;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A consumer may stop while it subscribes once more: then nobody may take the group's messages. */
final class LateSubscriptionTest {
  private static final Duration LONG = Duration.ofMinutes(5);

  private final String name = "late-subscription-" + System.nanoTime();
  private final MemoryBroker broker = MemoryBroker.named(name);
  private final CountDownLatch subscribing = new CountDownLatch(1);
  private final CountDownLatch go = new CountDownLatch(1);
  private volatile boolean slow;
  private volatile boolean closed;
  private final FakeHandler.Blocking handler = FakeHandler.blocking();

  @AfterEach
  void close() {
    broker.close();
  }

  @Test
  void nobody_takes_when_it_stops_while_it_subscribes_to_what_was_deleted() throws Exception {
    try (Messaging messaging = opening().open()) {
      Consumer consumer = started(messaging);
      messaging.producer().publish(message("inside"));
      handler.awaitEntered();
      slow = true;
      broker.down();
      broker.deleteTopic("t");
      broker.up();

      stopsWhileSubscribing(consumer);
    }
  }

  @Test
  void nobody_takes_when_it_stops_while_its_window_is_made_smaller() throws Exception {
    VirtualTime time = new VirtualTime();
    try (Messaging messaging = opening().setting("memory.longest-hold", "10m").time(time).open()) {
      Consumer consumer = started(messaging);
      messaging.producer().publish(message("inside"));
      handler.awaitEntered();
      messaging.producer().publish(message("waits too long"));
      time.settle();
      slow = true;
      CompletableFuture<Void> later =
          CompletableFuture.runAsync(
              () -> time.advance(Duration.ofSeconds(90)), LateSubscriptionTest::onItsOwn);

      stopsWhileSubscribing(consumer);
      later.get(30, TimeUnit.SECONDS);
      assertThat(broker.waitingIds("t", "g")).containsExactly("waits too long");
    }
  }

  private void stopsWhileSubscribing(Consumer consumer) throws Exception {
    Eventually.await("it subscribes", () -> subscribing.getCount() == 0);
    CompletableFuture<DrainReport> stopping =
        CompletableFuture.supplyAsync(() -> consumer.stop(LONG), LateSubscriptionTest::onItsOwn);
    try {
      Eventually.await("it stops", () -> consumer.state() == ConsumerState.STOPPING);

      go.countDown();

      Eventually.await("the late subscription is closed", () -> closed);
      assertThat(stopping).as("stop, while a handler runs").isNotDone();
    } finally {
      go.countDown();
      handler.release();
    }
    DrainReport report = stopping.get(30, TimeUnit.SECONDS);
    assertThat(report.complete()).as(report.toString()).isTrue();
    // Who subscribed late closes it on his own thread, which the stop does not wait for.
    Eventually.await("nobody takes", () -> broker.subscriptions("t", "g") == 0);
  }

  /** The common pool of a small machine has one thread, which both calls would need. */
  private static void onItsOwn(Runnable task) {
    new Thread(task, "on its own").start();
  }

  private Messaging.Builder opening() {
    return Messaging.builder()
        .settings(Map.of("broker", HookedProvider.NAME, "memory.name", name))
        .providers(new HookedProvider(this::answer));
  }

  private Consumer started(Messaging messaging) {
    Consumer consumer =
        messaging
            .consumer("t")
            .group("g")
            .maxHandlingTime(Duration.ofMinutes(8))
            .handler(handler)
            .build();
    consumer.start();
    consumer.ready().toCompletableFuture().join();
    return consumer;
  }

  private static Message message(String id) {
    return Message.builder("t").id(id).text("v").build();
  }

  /** Takes its time to subscribe. */
  private @Nullable Object answer(String call, Object[] arguments, HookedProvider.Real real)
      throws Throwable {
    boolean late = slow && call.equals("subscribe");
    if (late) {
      subscribing.countDown();
      go.await();
    }
    Object result = real.call();
    return late && result instanceof Subscription made
        ? HookedProvider.hooked(
            Subscription.class,
            made,
            (name, with, same) -> {
              closed |= name.equals("close");
              return same.call();
            })
        : result;
  }
}
