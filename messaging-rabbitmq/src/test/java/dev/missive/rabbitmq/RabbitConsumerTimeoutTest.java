package dev.missive.rabbitmq;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.testkit.Eventually;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.BrokerOptions;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A handler that holds a delivery for longer than the broker allows, which nobody told us: before
 * 4.3 that closes the channel, from 4.3 on it cancels the consumer.
 */
@Tag("broker")
@Tag("full")
final class RabbitConsumerTimeoutTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @ParameterizedTest(name = "oldest={0}")
  @ValueSource(booleans = {false, true})
  void what_the_broker_takes_back_is_handled_again_and_the_consumer_goes_on(boolean oldest)
      throws Exception {
    BrokerOptions options = oldest ? Brokers.rabbitmq().withOldest() : Brokers.rabbitmq();
    List<String> runs = new CopyOnWriteArrayList<>();
    CountDownLatch hold = new CountDownLatch(1);
    try (LiveBroker broker =
            LiveBrokers.start(options.withProcess().withConfig("consumer_timeout", "3000"));
        Bench bench = new Bench(broker)) {
      // How often a channel looks, before 4.3; by default every minute, and in no file.
      broker
          .node()
          .tool("rabbitmqctl", "eval", "application:set_env(rabbit, channel_tick_interval, 1000).");
      bench.start(
          bench.messaging(),
          bench.topic,
          "g",
          message -> {
            String text = new String(message.payload());
            runs.add(text + " " + message.attempt());
            if (text.equals("slow") && runs.indexOf("slow 1") == runs.lastIndexOf("slow 1")) {
              hold.await();
            }
          },
          builder -> builder.concurrency(2));
      bench.publish("slow");

      // Taken back from a handler that still runs; nobody has recorded a failed run.
      Eventually.await("a second run", PATIENCE, () -> runs.equals(List.of("slow 1", "slow 1")));
      bench.publish("after");
      Eventually.await("what comes after", PATIENCE, () -> runs.contains("after 1"));

      hold.countDown();
      Eventually.await(
          "an empty queue",
          PATIENCE,
          () -> bench.messaging().topology().depth(bench.topic, "g").waiting() == 0);
      assertThat(bench.messaging().deadLetters().count(bench.topic, "g")).isZero();
    }
  }
}
