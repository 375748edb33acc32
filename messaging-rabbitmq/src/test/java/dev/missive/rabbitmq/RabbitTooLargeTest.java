package dev.missive.rabbitmq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.PublishException;
import dev.missive.PublishException.Outcome;
import dev.missive.Receipt;
import dev.missive.testkit.Recorder;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A broker takes less than the adapter was told: it closes the channel over it. On 4.x, which takes
 * 16 MiB; 3.10 takes 128.
 */
@Tag("broker")
final class RabbitTooLargeTest {
  private final RabbitLab lab = new RabbitLab(LiveBrokers.shared(Brokers.rabbitmq()));

  @AfterEach
  void close() {
    lab.close();
  }

  @Test
  void what_the_broker_finds_too_large_fails_alone() {
    Messaging messaging =
        lab.open(
            Map.of(
                "message.max-bytes", "20000000",
                "rabbitmq.max-bytes", "20000000",
                "producer.window-bytes", "40000000"));
    Recorder recorder = new Recorder();
    lab.start(messaging, lab.topic, "g", recorder, builder -> builder);

    Set<CompletableFuture<Receipt>> others = new HashSet<>();
    for (int i = 0; i < 50; i++) {
      others.add(publish(messaging, 1));
    }
    CompletableFuture<Receipt> tooLarge = publish(messaging, (16 << 20) + 1);
    for (int i = 0; i < 50; i++) {
      others.add(publish(messaging, 1));
    }

    assertThatThrownBy(tooLarge::join)
        .isInstanceOf(CompletionException.class)
        .cause()
        .isInstanceOfSatisfying(
            PublishException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.TOO_LARGE);
              assertThat(e.outcome()).isEqualTo(Outcome.NOT_STORED);
            });
    Set<String> stored = new HashSet<>();
    others.forEach(receipt -> stored.add(receipt.join().id()));
    String last = publish(messaging, 1).join().id();
    recorder.await(run -> run.id().equals(last));
    assertThat(recorder.ids()).containsAll(stored);
  }

  private CompletableFuture<Receipt> publish(Messaging messaging, int size) {
    return messaging
        .producer()
        .publishAsync(Message.of(lab.topic, new byte[size]))
        .toCompletableFuture()
        .orTimeout(120, TimeUnit.SECONDS);
  }
}
