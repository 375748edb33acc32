package dev.missive.core.manage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.DeadLetters;
import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.NotRetryableException;
import dev.missive.spi.Broker;
import dev.missive.spi.BrokerContext;
import dev.missive.spi.BrokerProvider;
import dev.missive.spi.Subscription;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.memory.MemoryBrokerProvider;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** A reader of dead letters may not be ready in time: Kafka's waits for one that has died. */
final class LateReaderTest {

  @Test
  void letters_are_not_hidden_by_a_reader_that_was_given_up() {
    LateProvider provider = new LateProvider();
    try (Messaging messaging =
            Messaging.builder()
                .settings(
                    Map.of(
                        "broker",
                        "late",
                        "memory.name",
                        "late-" + System.nanoTime(),
                        "connect.timeout",
                        "500ms"))
                .providers(provider)
                .open();
        var consumer =
            messaging
                .consumer("t")
                .group("g")
                .handler(
                    message -> {
                      throw new NotRetryableException("broken");
                    })
                .build()) {
      consumer.start();
      consumer.ready().toCompletableFuture().join();
      messaging.producer().publish(Message.builder("t").id("broken").text("v").build());
      DeadLetters letters = messaging.deadLetters();
      Eventually.await("a letter", () -> letters.count("t", "g") == 1);

      provider.late = true;
      assertThatThrownBy(() -> letters.open("t", "g"))
          .isInstanceOfSatisfying(
              MessagingException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.BROKER_UNREACHABLE));
      provider.late = false;

      Eventually.await("the letter is back", () -> ids(letters).equals(List.of("broken")));
    }
  }

  private static List<String> ids(DeadLetters letters) {
    try (DeadLetters.Cursor cursor = letters.open("t", "g")) {
      return cursor.next(10).stream().map(letter -> letter.message().id()).toList();
    }
  }

  /** The in-memory broker, which keeps to itself that a subscription is ready. */
  private static final class LateProvider implements BrokerProvider {
    private final MemoryBrokerProvider memory = new MemoryBrokerProvider();
    volatile boolean late;

    @Override
    public String name() {
      return "late";
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
            Object result = method.invoke(broker, arguments);
            return late && result instanceof Subscription made ? neverReady(made) : result;
          });
    }

    private static Subscription neverReady(Subscription made) {
      CompletableFuture<Void> never = new CompletableFuture<>();
      return proxy(
          Subscription.class,
          (proxy, method, arguments) ->
              method.getName().equals("ready") ? never : method.invoke(made, arguments));
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
              LateProvider.class.getClassLoader(), new Class<?>[] {type}, unwrapping));
    }
  }
}
