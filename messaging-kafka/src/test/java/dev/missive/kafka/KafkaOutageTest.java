package dev.missive.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.ConnectionState;
import dev.missive.Messaging;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What Kafka's admin client does while no broker is there. */
@Tag("broker")
final class KafkaOutageTest {
  private static final Duration LONG = Duration.ofSeconds(120);
  private static final int ATTEMPTS = 12;
  private static final int LINES_EACH = 10;

  @Test
  void an_outage_does_not_flood_the_log_and_ends_with_the_brokers_that_are_configured() {
    try (LiveBroker broker = LiveBrokers.start(Brokers.kafka().withProcess());
        AdminLines lines = new AdminLines();
        Messaging messaging =
            KafkaLab.open(
                broker,
                "classic",
                "kafka.client.metadata.recovery.rebootstrap.trigger.ms",
                "15000")) {
      messaging.topology().declareTopic(KafkaLab.topic());
      Optional<Admin> first = messaging.unwrap(Admin.class);
      lines.reset();

      broker.node().kill();
      Eventually.await("attempts", LONG, () -> lines.attempts.get() >= ATTEMPTS);
      assertThat(lines.all.get()).isLessThan(lines.attempts.get() * LINES_EACH);

      Eventually.await("another one", LONG, () -> !messaging.unwrap(Admin.class).equals(first));
      broker.node().start();
      Eventually.await(
          "connected",
          LONG,
          () -> messaging.health().connection().state() == ConnectionState.CONNECTED);
      messaging.topology().declareTopic(KafkaLab.topic());
    }
  }

  /** Counts what admin clients log. Thread-safe. */
  private static final class AdminLines extends Handler implements AutoCloseable {
    // Held, or it might be forgotten with what listens to it.
    private final Logger kafka = Logger.getLogger("org.apache.kafka.clients");
    private final AtomicInteger all = new AtomicInteger();
    private final AtomicInteger attempts = new AtomicInteger();

    AdminLines() {
      // Counted here although the other tests silence them, and shown nowhere.
      kafka.setLevel(Level.INFO);
      kafka.setUseParentHandlers(false);
      kafka.addHandler(this);
    }

    void reset() {
      all.set(0);
      attempts.set(0);
    }

    @Override
    public void publish(LogRecord line) {
      if (line.getMessage().contains("missive-kafka-") && line.getMessage().contains("-admin-")) {
        all.incrementAndGet();
        if (line.getMessage().endsWith("disconnected.")) {
          attempts.incrementAndGet();
        }
      }
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
      kafka.removeHandler(this);
      kafka.setUseParentHandlers(true);
      kafka.setLevel(null);
    }
  }
}
