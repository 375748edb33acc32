package dev.missive.nats;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.Receipt;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import dev.missive.testkit.proxy.TcpProxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Publishes whose acknowledgement is late or lost, while the connection stands. */
@Tag("broker")
class NatsAnswerTest {
  /** The default of nats.publish-timeout, after which jnats would forget its own requests too. */
  private static final Duration ATTEMPT = Duration.ofSeconds(5);

  @Test
  void an_acknowledgement_that_comes_too_late_is_one_message_and_a_receipt() throws Exception {
    try (LiveBroker own = LiveBrokers.start(Brokers.nats().withProcess().withProxy());
        NatsLab lab = new NatsLab(own)) {
      Messaging messaging = lab.open("nats.ping-interval", "1m");
      messaging.topology().declare(lab.topic, NatsLab.GROUP);
      TcpProxy proxy = own.node().proxy().orElseThrow();

      // There and back takes longer than an attempt.
      proxy.delay(Duration.ofSeconds(4));
      long began = System.nanoTime();
      CompletableFuture<Receipt> publish = publish(messaging, lab.message("late"));
      Eventually.await(
          "the first attempt is over",
          Duration.ofSeconds(30),
          () -> System.nanoTime() - began > ATTEMPT.plusMillis(1500).toNanos());
      assertThat(publish).isNotDone();
      proxy.heal();

      assertThat(publish.get(120, TimeUnit.SECONDS).position().offset()).isEqualTo(1);
      assertThat(stored(lab)).isEqualTo(1);
    }
  }

  @Test
  void an_acknowledgement_that_is_lost_is_asked_for_again() throws Exception {
    try (NatsLab lab = new NatsLab(LiveBrokers.shared(Brokers.nats()))) {
      Messaging messaging = lab.open(NatsTampering::over);
      // Before: the subject of one of its requests ends with the topic too.
      messaging.topology().declare(lab.topic, NatsLab.GROUP);
      try (NatsTampering nobody =
          new NatsTampering(lab.topic + " _INBOX.", lab.topic + " _OTHER.", 1)) {
        CompletableFuture<Receipt> publish = publish(messaging, lab.message("lost"));

        assertThat(publish.get(120, TimeUnit.SECONDS).position().offset()).isEqualTo(1);
        assertThat(nobody.done()).isTrue();
      }
      assertThat(stored(lab)).isEqualTo(1);
    }
  }

  /**
   * More than jnats puts into its queue before it makes its caller wait for 2 s, and then fails.
   */
  @Test
  void publishing_does_not_wait_while_the_server_reads_nothing() throws Exception {
    byte[] payload = new byte[4096];
    try (LiveBroker own = LiveBrokers.start(Brokers.nats().withProcess());
        NatsLab lab = new NatsLab(own)) {
      Messaging messaging =
          lab.open(
              "nats.ping-interval", "1m",
              "producer.window", "20000",
              "producer.window-bytes", "100000000",
              "producer.deadline", "2m");
      messaging.topology().declare(lab.topic, NatsLab.GROUP);
      List<CompletableFuture<Receipt>> publishes = new ArrayList<>();
      long longest = 0;

      own.node().pause();
      try {
        for (int i = 0; i < 10_000; i++) {
          Message message = Message.builder(lab.topic).payload(payload).build();
          long began = System.nanoTime();
          publishes.add(publish(messaging, message));
          longest = Math.max(longest, System.nanoTime() - began);
        }
      } finally {
        own.node().resume();
      }

      for (CompletableFuture<Receipt> publish : publishes) {
        publish.get(2, TimeUnit.MINUTES);
      }
      assertThat(Duration.ofNanos(longest)).isLessThan(Duration.ofMillis(1900));
      assertThat(stored(lab)).isEqualTo(publishes.size());
    }
  }

  private static CompletableFuture<Receipt> publish(Messaging messaging, Message message) {
    return messaging.producer().publishAsync(message).toCompletableFuture();
  }

  private static long stored(NatsLab lab) throws Exception {
    return lab.raw()
        .jetStreamManagement()
        .getStreamInfo(NatsNames.DEFAULT.stream(lab.topic))
        .getStreamState()
        .getMsgCount();
  }
}
