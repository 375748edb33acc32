package dev.missive.rabbitmq;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Consumer;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.FakeHandler;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A consumer that is paused keeps nothing from the others of its group. */
@Tag("broker")
final class RabbitPauseTest {
  private static final Duration LONG = Duration.ofSeconds(60);

  private final RabbitLab lab = new RabbitLab(LiveBrokers.shared(Brokers.rabbitmq()));
  private final FakeHandler.Blocking blocking = FakeHandler.blocking();

  @AfterEach
  void close() {
    blocking.release();
    lab.close();
  }

  @Test
  void what_has_not_started_goes_back_and_nothing_more_is_taken() {
    Consumer consumer =
        lab.start(
            lab.messaging(),
            lab.topic,
            "g",
            blocking,
            builder -> builder.concurrency(1).maxInFlight(10));
    for (int i = 0; i < 6; i++) {
      lab.publish("early");
    }
    blocking.awaitEntered();
    Eventually.await("all are held", LONG, () -> held() == 6);

    consumer.pause();
    for (int i = 0; i < 10; i++) {
      lab.publish("late");
    }

    Eventually.await(
        "fifteen wait at the broker",
        LONG,
        () -> lab.messaging().topology().depth(lab.topic, "g").waiting() == 15);
    assertThat(held()).as("the one that runs").isEqualTo(1);
  }

  private long held() {
    return lab.messaging().counters().of(lab.topic, "g").held();
  }
}
