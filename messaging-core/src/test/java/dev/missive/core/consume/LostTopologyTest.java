package dev.missive.core.consume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Consumer;
import dev.missive.ConsumerState;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.MemoryBroker;
import dev.missive.testkit.Recorder;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a broker has lost is declared again, but not in silence: messages went with it. */
final class LostTopologyTest {
  private final String name = "lost-topology-" + System.nanoTime();
  private final MemoryBroker broker = MemoryBroker.named(name);
  private final Logger logger = Logger.getLogger("dev.missive.consumer");
  private final Printed printed = new Printed();

  @BeforeEach
  void listen() {
    logger.addHandler(printed);
  }

  @AfterEach
  void close() {
    logger.removeHandler(printed);
    broker.close();
  }

  @Test
  void the_loss_of_a_topic_is_logged_and_stays_a_warning() {
    Recorder seen = new Recorder();
    try (Messaging messaging = open()) {
      Consumer consumer = messaging.consumer("t").group("g").handler(seen).build();
      consumer.start();
      consumer.ready().toCompletableFuture().join();
      assertThat(messaging.health().warnings()).isEmpty();

      broker.down();
      broker.deleteTopic("t");
      broker.up();
      Eventually.await("a warning", () -> !messaging.health().warnings().isEmpty());
      messaging.producer().publish(Message.builder("t").text("after").build());
      seen.await(1);

      assertThat(consumer.state()).isEqualTo(ConsumerState.RUNNING);
      assertThat(messaging.health().warnings())
          .singleElement()
          .asString()
          .contains("t of group g was missing at the broker", "may be lost", "MSG-TOPIC-MISSING");
      Eventually.await("the same in the log", () -> !printed.warnings.isEmpty());
      assertThat(printed.warnings).containsExactlyElementsOf(messaging.health().warnings());
    }
  }

  @Test
  void a_connection_that_was_lost_alone_is_no_loss() {
    Recorder seen = new Recorder();
    try (Messaging messaging = open()) {
      Consumer consumer = messaging.consumer("t").group("g").handler(seen).build();
      consumer.start();
      consumer.ready().toCompletableFuture().join();

      broker.down();
      broker.up();
      messaging.producer().publish(Message.builder("t").text("after").build());
      seen.await(1);

      assertThat(messaging.health().warnings()).isEmpty();
      assertThat(printed.warnings).isEmpty();
    }
  }

  private Messaging open() {
    return Messaging.builder().settings(Map.of("broker", "memory", "memory.name", name)).open();
  }

  private static final class Printed extends Handler {
    private final Queue<String> warnings = new ConcurrentLinkedQueue<>();

    @Override
    public void publish(LogRecord line) {
      if (line.getLevel() == Level.WARNING && line.getMessage().contains("was missing")) {
        warnings.add(line.getMessage());
      }
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }
}
