package dev.missive.core.consume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.Consumer;
import dev.missive.ConsumerState;
import dev.missive.DrainReport;
import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.core.HookedProvider;
import dev.missive.spi.Delivery;
import dev.missive.spi.DeliveryListener;
import dev.missive.spi.Subscription;
import dev.missive.testkit.Eventually;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What an adapter does at the wrong moment is seen, and counted right. */
final class HostileSubscriptionTest {
  private final List<String> handled = new CopyOnWriteArrayList<>();
  private final List<Runnable> late = new CopyOnWriteArrayList<>();
  private volatile @Nullable Throwable failure;

  @Test
  void a_consumer_whose_adapter_throws_fails_and_can_be_started_again() {
    failsWith(new IllegalStateException("not now"));
  }

  @Test
  void a_consumer_whose_adapter_lacks_a_class_fails_and_can_be_started_again() {
    failsWith(new NoClassDefFoundError("com/example/Missing"));
  }

  private void failsWith(Throwable thrown) {
    try (Messaging messaging = open()) {
      Consumer consumer = consumer(messaging);
      failure = thrown;

      consumer.start();
      assertThatThrownBy(() -> consumer.ready().toCompletableFuture().join())
          .cause()
          .isInstanceOfSatisfying(
              MessagingException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INTERNAL))
          .hasMessageContaining(thrown.getClass().getName())
          .hasCause(thrown);
      assertThat(consumer.state()).isEqualTo(ConsumerState.FAILED);
      assertThat(messaging.health().up()).isFalse();
      failure = null;
      consumer.start();
      messaging.producer().publish(Message.builder("t").id("m").text("v").build());
      Eventually.await("it is handled", () -> handled.contains("m"));
    }
  }

  @Test
  void a_delivery_that_comes_when_the_sums_are_final_is_not_counted() {
    try (Messaging messaging = open()) {
      Consumer consumer = consumer(messaging);
      consumer.start();
      messaging.producer().publish(Message.builder("t").id("late").text("v").build());
      messaging.producer().publish(Message.builder("t").id("m").text("v").build());
      Eventually.await("one is handled", () -> handled.contains("m"));
      Eventually.await("one is late", () -> late.size() == 1);

      DrainReport report = consumer.stop(Duration.ofSeconds(10));

      assertThat(late).isEmpty();
      assertThat(report.complete()).as(report.toString()).isTrue();
      assertThat(report.received()).isEqualTo(1);
      assertThat(messaging.counters().subscriptions().get(0).received()).isEqualTo(1);
    }
  }

  @Test
  void those_that_came_just_before_one_that_cannot_be_read_are_handled() {
    try (Messaging messaging = open()) {
      messaging.topology().declare("t", "g");
      messaging.producer().publish(Message.builder("t").id("m").text("v").build());
      messaging.producer().publish(Message.builder("t").id("torn").text("v").build());

      consumer(messaging).start();

      Eventually.await("the first is handled", () -> handled.contains("m"));
      assertThat(handled).containsExactly("m");
    }
  }

  @Test
  void one_that_was_never_started_is_told_that_its_connection_was_closed() {
    Messaging messaging = open();
    Consumer consumer = consumer(messaging);

    messaging.close();

    assertThatThrownBy(() -> consumer.ready().toCompletableFuture().join())
        .isInstanceOf(CompletionException.class)
        .cause()
        .isInstanceOfSatisfying(
            MessagingException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CLOSED));
  }

  private Messaging open() {
    return Messaging.builder()
        .settings(
            Map.of("broker", HookedProvider.NAME, "memory.name", "hostile-" + System.nanoTime()))
        .providers(new HookedProvider(this::answer))
        .open();
  }

  private Consumer consumer(Messaging messaging) {
    return messaging.consumer("t").group("g").handler(message -> handled.add(message.id())).build();
  }

  private @Nullable Object answer(String call, Object[] arguments, HookedProvider.Real real)
      throws Throwable {
    if (!call.equals("subscribe")) {
      return real.call();
    }
    Throwable now = failure;
    if (now != null) {
      throw now;
    }
    DeliveryListener listener = (DeliveryListener) arguments[1];
    arguments[1] = HookedProvider.hooked(DeliveryListener.class, listener, this::hold);
    return HookedProvider.hooked(Subscription.class, (Subscription) real.call(), this::deliverLate);
  }

  /** Keeps one back, and tears another one. */
  private @Nullable Object hold(String call, Object[] arguments, HookedProvider.Real real)
      throws Throwable {
    if (call.equals("delivered") && ((Delivery) arguments[0]).message().id().equals("torn")) {
      arguments[0] =
          HookedProvider.hooked(
              Delivery.class,
              (Delivery) arguments[0],
              (called, none, whole) -> {
                throw new IllegalStateException("torn");
              });
    } else if (call.equals("delivered")
        && ((Delivery) arguments[0]).message().id().equals("late")) {
      late.add(
          () -> {
            try {
              real.call();
            } catch (Throwable t) {
              throw new IllegalStateException(t);
            }
          });
      return null;
    }
    return real.call();
  }

  /** Delivers it after all. */
  private @Nullable Object deliverLate(String call, Object[] arguments, HookedProvider.Real real)
      throws Throwable {
    if (call.equals("close")) {
      late.forEach(Runnable::run);
      late.clear();
    }
    return real.call();
  }
}
