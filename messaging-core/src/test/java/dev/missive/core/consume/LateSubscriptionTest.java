package dev.missive.core.consume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Consumer;
import dev.missive.ConsumerState;
import dev.missive.DrainReport;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.spi.Broker;
import dev.missive.spi.BrokerContext;
import dev.missive.spi.BrokerProvider;
import dev.missive.spi.Subscription;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.FakeHandler;
import dev.missive.testkit.MemoryBroker;
import dev.missive.testkit.VirtualTime;
import dev.missive.testkit.memory.MemoryBrokerProvider;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A consumer may stop while it subscribes once more: then nobody may take the group's messages. */
final class LateSubscriptionTest {
  private static final Duration LONG = Duration.ofMinutes(5);

  private final String name = "late-subscription-" + System.nanoTime();
  private final MemoryBroker broker = MemoryBroker.named(name);
  private final SlowProvider provider = new SlowProvider();
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
      provider.slow = true;
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
      provider.slow = true;
      CompletableFuture<Void> later =
          CompletableFuture.runAsync(() -> time.advance(Duration.ofSeconds(90)));

      stopsWhileSubscribing(consumer);
      later.get(30, TimeUnit.SECONDS);
      assertThat(broker.waitingIds("t", "g")).containsExactly("waits too long");
    }
  }

  private void stopsWhileSubscribing(Consumer consumer) throws Exception {
    Eventually.await("it subscribes", () -> provider.subscribing.getCount() == 0);
    CompletableFuture<DrainReport> stopping =
        CompletableFuture.supplyAsync(() -> consumer.stop(LONG));
    Eventually.await("it stops", () -> consumer.state() == ConsumerState.STOPPING);

    provider.go.countDown();

    try {
      Eventually.await("the late subscription is closed", () -> provider.closed);
      assertThat(stopping).as("stop, while a handler runs").isNotDone();
    } finally {
      handler.release();
    }
    DrainReport report = stopping.get(30, TimeUnit.SECONDS);
    assertThat(report.complete()).as(report.toString()).isTrue();
    assertThat(broker.subscriptions("t", "g")).isZero();
  }

  private Messaging.Builder opening() {
    return Messaging.builder()
        .settings(Map.of("broker", "slow", "memory.name", name))
        .providers(provider);
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

  /** The in-memory broker, which takes its time to subscribe. */
  private static final class SlowProvider implements BrokerProvider {
    private final MemoryBrokerProvider memory = new MemoryBrokerProvider();
    final CountDownLatch subscribing = new CountDownLatch(1);
    final CountDownLatch go = new CountDownLatch(1);
    volatile boolean slow;
    volatile boolean closed;

    @Override
    public String name() {
      return "slow";
    }

    @Override
    public List<Setting> settings() {
      return memory.settings();
    }

    @Override
    public Broker create(BrokerContext context) {
      Broker broker = memory.create(context);
      return proxy(
          Broker.class,
          (proxy, method, arguments) -> {
            boolean late = slow && method.getName().equals("subscribe");
            if (late) {
              subscribing.countDown();
              go.await();
            }
            Object result = method.invoke(broker, arguments);
            return late ? watched((Subscription) result) : result;
          });
    }

    private Subscription watched(Subscription made) {
      return proxy(
          Subscription.class,
          (proxy, method, arguments) -> {
            Object result = method.invoke(made, arguments);
            closed |= method.getName().equals("close");
            return result;
          });
    }

    private static <T> T proxy(Class<T> type, InvocationHandler calls) {
      InvocationHandler unwrapping =
          (proxy, method, arguments) -> {
            try {
              return calls.invoke(proxy, method, arguments);
            } catch (InvocationTargetException e) {
              throw e.getCause();
            }
          };
      return type.cast(
          Proxy.newProxyInstance(
              SlowProvider.class.getClassLoader(), new Class<?>[] {type}, unwrapping));
    }
  }
}
