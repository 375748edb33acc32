package dev.missive.nats;

import static dev.missive.nats.NatsLab.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Consumer;
import dev.missive.ConsumerState;
import dev.missive.ErrorCode;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What a user who was let in may not do: the server answers nothing, and nobody may wait for it.
 */
@Tag("broker")
final class NatsPermissionsTest {
  private static final String[] LOGIN = {"nats.username", "app", "nats.password", "p"};

  private static LiveBroker denying(String subject) {
    String permissions = "{ publish: { deny: [ \"" + subject + "\" ] } }";
    return LiveBrokers.start(
        Brokers.nats()
            .withProcess()
            .withConfig(
                "authorization",
                "{ users: [ { user: app, password: p, permissions: " + permissions + " } ] }"));
  }

  @Test
  void to_ask_jetstream_at_all_is_a_refused_login() {
    try (LiveBroker server = denying("$JS.API.INFO")) {
      MessagingException refused = refused(server, LOGIN);

      assertThat(refused.code()).isEqualTo(ErrorCode.AUTH);
      assertThat(refused).hasMessageContainingAll("$JS.API.INFO", "_INBOX.>");
    }
  }

  @Test
  void to_pull_ends_the_consumer_and_its_health_says_why() {
    try (LiveBroker server = denying("$JS.API.CONSUMER.MSG.NEXT.>");
        NatsLab lab = new NatsLab(server)) {
      Messaging messaging = lab.open(LOGIN);
      Consumer consumer =
          messaging.consumer(lab.topic).group(NatsLab.GROUP).handler(message -> {}).build();
      consumer.start();

      Eventually.await(
          "its end", Duration.ofSeconds(60), () -> consumer.state() == ConsumerState.FAILED);
      assertThat(messaging.health().consumers())
          .singleElement()
          .satisfies(
              it -> assertThat(it.reason()).contains("MSG-AUTH", "$JS.API.CONSUMER.MSG.NEXT"));
    }
  }

  /** Each message comes again and again, which nobody would explain otherwise. */
  @Test
  void to_acknowledge_is_said_once() {
    try (LiveBroker server = denying("$JS.ACK.>");
        NatsLab lab = new NatsLab(server);
        Warnings warnings = new Warnings("$JS.ACK.>")) {
      Messaging messaging = lab.open(LOGIN);
      Queue<String> got = new ConcurrentLinkedQueue<>();
      lab.start(messaging, message -> got.add(NatsLab.text(message)));

      messaging.producer().publish(lab.message("first"));
      Eventually.await("the warning", () -> warnings.lines.size() == 1);
      // Each receipt comes after what the server says of the acknowledgements before it.
      for (int i = 0; i < 20; i++) {
        messaging.producer().publish(lab.message("more"));
        int runs = i + 1;
        Eventually.await("its run", () -> got.stream().filter("more"::equals).count() >= runs);
      }

      assertThat(warnings.lines).hasSize(1);
    }
  }

  private static final class Warnings extends Handler implements AutoCloseable {
    final Queue<String> lines = new ConcurrentLinkedQueue<>();
    // Held, or it might be forgotten with what listens to it.
    private final Logger logger = Logger.getLogger("dev.missive.nats");
    private final String wanted;

    Warnings(String wanted) {
      this.wanted = wanted;
      logger.addHandler(this);
    }

    @Override
    public void publish(LogRecord line) {
      if (line.getMessage().contains(wanted)) {
        lines.add(line.getMessage());
      }
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
      logger.removeHandler(this);
    }
  }
}
