package dev.missive.core.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.Counters;
import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.PublishException;
import dev.missive.PublishException.Outcome;
import dev.missive.core.HookedProvider;
import dev.missive.spi.Sender;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A broker that takes less than {@code message.max-bytes}. */
final class BrokerLimitTest {
  private static final int LIMIT = 1000;
  private final AtomicInteger sent = new AtomicInteger();

  @Test
  void what_is_over_the_limit_of_the_broker_is_refused_and_never_sent() {
    try (Messaging messaging = open()) {
      messaging.topology().declare("t", "g");

      assertThatThrownBy(() -> messaging.producer().publish(message(LIMIT + 1)))
          .isInstanceOfSatisfying(
              PublishException.class,
              e -> {
                assertThat(e.code()).isEqualTo(ErrorCode.TOO_LARGE);
                assertThat(e.outcome()).isEqualTo(Outcome.NOT_STORED);
                assertThat(e.getMessage())
                    .contains("1001 bytes", "the limit of hooked is 1000")
                    .doesNotContain("message.max-bytes is");
              });

      assertThat(sent).hasValue(0);
      Counters.Publishing counters = messaging.counters().publishing();
      assertThat(counters.inFlight()).isZero();
      assertThat(counters.inFlightBytes()).isZero();
      messaging.producer().publish(message(LIMIT));
      assertThat(sent).hasValue(1);
    }
  }

  @Test
  void key_and_headers_count() {
    try (Messaging messaging = open()) {
      messaging.topology().declare("t", "g");
      Message message = message(LIMIT - 10).toBuilder().key("key").header("abcd", "efgh").build();

      assertThatThrownBy(() -> messaging.producer().publish(message))
          .hasMessageContaining("MSG-TOO-LARGE")
          .hasMessageContaining("1001 bytes");
    }
  }

  @Test
  void an_atomic_batch_with_one_that_is_too_large_is_refused_as_a_whole() {
    try (Messaging messaging = open()) {
      messaging.topology().declare("t", "g");
      Message fits = message(LIMIT);

      assertThatThrownBy(
              () -> messaging.producer().publishAtomically(List.of(fits, message(LIMIT + 1))))
          .isInstanceOfSatisfying(
              PublishException.class,
              e -> {
                assertThat(e.code()).isEqualTo(ErrorCode.TOO_LARGE);
                assertThat(e.outcome()).isEqualTo(Outcome.NOT_STORED);
                assertThat(e.getMessage()).contains("1001 bytes", "the limit of hooked is 1000");
              });

      messaging.producer().publishAtomically(List.of(fits));
    }
  }

  private Messaging open() {
    return Messaging.builder()
        .settings(
            Map.of(
                "broker",
                HookedProvider.NAME,
                "memory.name",
                "limit-" + System.nanoTime(),
                "memory.max-bytes",
                Integer.toString(LIMIT)))
        .providers(new HookedProvider(this::answer))
        .open();
  }

  private @Nullable Object answer(String call, Object[] arguments, HookedProvider.Real real)
      throws Throwable {
    Object answer = real.call();
    return call.equals("sender")
        ? HookedProvider.hooked(Sender.class, (Sender) answer, this::counted)
        : answer;
  }

  private @Nullable Object counted(String call, Object[] arguments, HookedProvider.Real real)
      throws Throwable {
    if (call.equals("send")) {
      sent.incrementAndGet();
    }
    return real.call();
  }

  private static Message message(int bytes) {
    return Message.of("t", new byte[bytes]);
  }
}
