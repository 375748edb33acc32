package dev.missive.core.publish;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.PublishException;
import dev.missive.PublishException.Outcome;
import dev.missive.Receipt;
import dev.missive.spi.Broker;
import dev.missive.spi.BrokerContext;
import dev.missive.spi.BrokerProvider;
import dev.missive.spi.Destination;
import dev.missive.spi.Sender;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.memory.MemoryBrokerProvider;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A sender may die while the link stands: a channel that the broker closed. */
final class DyingSenderTest {
  private final DyingProvider provider = new DyingProvider();

  @Test
  void what_a_dead_sender_held_is_resent_in_order_before_anything_new() {
    List<String> handled = new CopyOnWriteArrayList<>();
    List<CompletableFuture<Receipt>> receipts = new ArrayList<>();
    try (Messaging messaging =
        Messaging.builder()
            .settings(Map.of("broker", "dying", "memory.name", "dying-" + System.nanoTime()))
            .providers(provider)
            .open()) {
      var consumer = messaging.consumer("t").group("g").handler(m -> handled.add(m.id())).build();
      consumer.start();
      consumer.ready().toCompletableFuture().join();

      // More often than a refused message would be tried again.
      for (int death = 0; death < 5; death++) {
        int generation = death;
        Eventually.await("another sender", () -> provider.made() == generation + 1);
        if (death > 0) {
          Eventually.await("the resends", () -> provider.last().held() == 40 * generation);
        }
        publish(messaging, receipts, 20);
        provider.last().die();
        publish(messaging, receipts, 20);
      }
      Eventually.await("another sender", () -> provider.made() == 6);
      provider.live = true;
      provider.last().die();
      Eventually.await("results", () -> receipts.stream().allMatch(CompletableFuture::isDone));

      assertThat(receipts).noneMatch(CompletableFuture::isCompletedExceptionally);
      Eventually.await("deliveries", () -> handled.size() >= receipts.size());
      assertThat(handled)
          .containsExactlyElementsOf(
              IntStream.range(0, receipts.size()).mapToObj(i -> "m" + i).toList());
    }
  }

  @Test
  void an_adapter_that_throws_instead_of_making_a_sender_is_asked_again() {
    provider.failures.set(2);
    provider.live = true;
    try (Messaging messaging =
        Messaging.builder()
            .settings(Map.of("broker", "dying", "memory.name", "dying-" + System.nanoTime()))
            .setting("connect.retry-delay-max", "10ms")
            .providers(provider)
            .open()) {
      messaging.topology().declare("t", "g");

      assertThat(messaging.producer().publish(Message.builder("t").text("text").build()).id())
          .isNotEmpty();
      assertThat(provider.failures).hasValueLessThan(0);
    }
  }

  private static void publish(
      Messaging messaging, List<CompletableFuture<Receipt>> receipts, int count) {
    for (int i = 0; i < count; i++) {
      Message message =
          Message.builder("t").id("m" + receipts.size()).key("k").text("text").build();
      receipts.add(messaging.producer().publishAsync(message).toCompletableFuture());
    }
  }

  /** The in-memory broker behind senders that hold everything until they die. */
  private static final class DyingProvider implements BrokerProvider {
    private final MemoryBrokerProvider memory = new MemoryBrokerProvider();
    private final List<DyingSender> senders = new CopyOnWriteArrayList<>();
    final AtomicInteger failures = new AtomicInteger();
    volatile boolean live;

    DyingSender last() {
      return senders.get(senders.size() - 1);
    }

    int made() {
      return senders.size();
    }

    @Override
    public String name() {
      return "dying";
    }

    @Override
    public List<Setting> settings() {
      return memory.settings();
    }

    @Override
    public Broker create(BrokerContext context) {
      Broker broker = memory.create(context);
      return (Broker)
          Proxy.newProxyInstance(
              getClass().getClassLoader(),
              new Class<?>[] {Broker.class},
              (proxy, method, arguments) -> {
                if (method.getName().equals("sender") && failures.getAndDecrement() > 0) {
                  throw new IllegalStateException("no sender this time");
                }
                try {
                  Object result = method.invoke(broker, arguments);
                  return method.getName().equals("sender") && !live
                      ? wrapped((Sender) result)
                      : result;
                } catch (InvocationTargetException e) {
                  throw e.getCause();
                }
              });
    }

    private Sender wrapped(Sender real) {
      DyingSender made = new DyingSender();
      senders.add(made);
      assertThat(real).isNotNull();
      return made;
    }
  }

  private static final class DyingSender implements Sender {
    private final List<Result> held = new ArrayList<>();
    private boolean dead;

    @Override
    public synchronized void send(
        Destination to, Message message, @Nullable Instant notBefore, Result result) {
      if (dead) {
        new Thread(() -> result.failed(failure(Outcome.NOT_STORED))).start();
      } else {
        held.add(result);
      }
    }

    synchronized int held() {
      return held.size();
    }

    void die() {
      List<Result> all;
      synchronized (this) {
        dead = true;
        all = List.copyOf(held);
      }
      all.forEach(result -> result.failed(failure(Outcome.UNKNOWN)));
    }

    private static PublishException failure(Outcome outcome) {
      return new PublishException(
          ErrorCode.BROKER_UNREACHABLE, outcome, "the channel was closed", null);
    }
  }
}
