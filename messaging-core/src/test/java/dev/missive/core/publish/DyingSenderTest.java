package dev.missive.core.publish;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.PublishException;
import dev.missive.PublishException.Outcome;
import dev.missive.Receipt;
import dev.missive.core.HookedProvider;
import dev.missive.spi.Destination;
import dev.missive.spi.Sender;
import dev.missive.testkit.Eventually;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A sender may die while the link stands: a channel that the broker closed. */
final class DyingSenderTest {
  private final List<DyingSender> senders = new CopyOnWriteArrayList<>();
  private final AtomicInteger failures = new AtomicInteger();
  private Throwable failure = new IllegalStateException("no sender this time");
  private volatile boolean live;
  private volatile Runnable making = () -> {};

  @Test
  void what_a_dead_sender_held_is_resent_in_order_before_anything_new() {
    List<String> handled = new CopyOnWriteArrayList<>();
    List<CompletableFuture<Receipt>> receipts = new ArrayList<>();
    try (Messaging messaging = opening().open()) {
      var consumer = messaging.consumer("t").group("g").handler(m -> handled.add(m.id())).build();
      consumer.start();
      consumer.ready().toCompletableFuture().join();

      // More often than a refused message would be tried again.
      for (int death = 0; death < 5; death++) {
        int generation = death;
        Eventually.await("another sender", () -> senders.size() == generation + 1);
        if (death > 0) {
          Eventually.await("the resends", () -> last().held() == 40 * generation);
        }
        publish(messaging, receipts, 20);
        last().die();
        publish(messaging, receipts, 20);
      }
      Eventually.await("another sender", () -> senders.size() == 6);
      live = true;
      last().die();
      Eventually.await("results", () -> receipts.stream().allMatch(CompletableFuture::isDone));

      assertThat(receipts).noneMatch(CompletableFuture::isCompletedExceptionally);
      Eventually.await("deliveries", () -> handled.size() >= receipts.size());
      assertThat(handled)
          .containsExactlyElementsOf(
              IntStream.range(0, receipts.size()).mapToObj(i -> "m" + i).toList());
    }
  }

  @Test
  void an_adapter_that_lacks_a_class_when_it_makes_a_sender_is_asked_again() {
    failure = new NoClassDefFoundError("com/example/Missing");
    isAskedAgain();
  }

  @Test
  void an_adapter_that_throws_instead_of_making_a_sender_is_asked_again() {
    isAskedAgain();
  }

  private void isAskedAgain() {
    failures.set(2);
    live = true;
    try (Messaging messaging = opening().setting("connect.retry-delay-max", "10ms").open()) {
      messaging.topology().declare("t", "g");

      assertThat(messaging.producer().publish(Message.builder("t").text("text").build()).id())
          .isNotEmpty();
      assertThat(failures).hasValueLessThan(0);
    }
  }

  @Test
  void an_adapter_that_takes_its_time_to_make_a_sender_holds_up_nobody_else() {
    live = true;
    try (Messaging messaging = opening().open()) {
      CompletableFuture<Long> resent = new CompletableFuture<>();
      making =
          () ->
              resent
                  .completeAsync(() -> messaging.counters().publishing().resent())
                  .orTimeout(10, TimeUnit.SECONDS)
                  .join();
      messaging.topology().declare("t", "g");

      messaging.producer().publish(Message.builder("t").text("text").build());

      assertThat(resent).isCompletedWithValue(0L);
    }
  }

  private Messaging.Builder opening() {
    return Messaging.builder()
        .settings(
            Map.of("broker", HookedProvider.NAME, "memory.name", "dying-" + System.nanoTime()))
        .providers(new HookedProvider(this::answer));
  }

  private static void publish(
      Messaging messaging, List<CompletableFuture<Receipt>> receipts, int count) {
    for (int i = 0; i < count; i++) {
      Message message =
          Message.builder("t").id("m" + receipts.size()).key("k").text("text").build();
      receipts.add(messaging.producer().publishAsync(message).toCompletableFuture());
    }
  }

  /** Fails to make senders, then makes some that hold everything until they die. */
  private @Nullable Object answer(String call, Object[] arguments, HookedProvider.Real real)
      throws Throwable {
    boolean sender = call.equals("sender");
    if (sender) {
      making.run();
    }
    if (sender && failures.getAndDecrement() > 0) {
      throw failure;
    }
    if (!sender || live) {
      return real.call();
    }
    DyingSender made = new DyingSender();
    senders.add(made);
    return made;
  }

  private DyingSender last() {
    return senders.get(senders.size() - 1);
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
