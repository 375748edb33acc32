package dev.missive.rabbitmq;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP;
import dev.missive.testkit.Recorder;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** The way through the delay queues whose time nobody can wait for, up to 2^27 seconds. */
@Tag("broker")
@ParameterizedClass(name = "oldest={0}")
@MethodSource("dev.missive.rabbitmq.Versions#oldest")
final class RabbitDelayLevelsTest {
  /** What waits longer at the head of a level holds up all behind it: a place of our own. */
  private final String place = "levels-" + UUID.randomUUID();

  private final LiveBroker broker;
  private final RabbitLab lab;

  RabbitDelayLevelsTest(boolean oldest) {
    var options = Brokers.rabbitmq().withProcess();
    broker = LiveBrokers.shared(oldest ? options.withOldest() : options);
    broker.node().tool("rabbitmqctl", "add_vhost", place);
    broker.node().tool("rabbitmqctl", "set_permissions", "-p", place, "guest", ".*", ".*", ".*");
    lab = new RabbitLab(broker.url() + "/" + place);
  }

  @AfterEach
  void close() {
    lab.close();
    broker.node().tool("rabbitmqctl", "delete_vhost", place);
  }

  @Test
  void each_level_passes_on_what_is_due_and_none_above_it_holds_it() throws Exception {
    Recorder recorder = new Recorder();
    lab.start("g", recorder);
    // The broker takes the shorter of two times, and forgets this one when the message moves.
    var soon = new AMQP.BasicProperties.Builder().expiration("1").build();
    List<String> sent = new ArrayList<>();
    for (int level = 0; level < DelayCascade.LEVELS; level++) {
      long seconds = 1L << level;
      String key = DelayCascade.key(seconds, DelayCascade.queueAddress(lab.topic + ".g"));
      lab.raw()
          .basicPublish(
              DelayCascade.exchange(seconds), key, soon, ("level " + level).getBytes(UTF_8));
      // From the top it passes all levels above its own.
      lab.raw()
          .basicPublish("missive.delay.27", key, soon, ("from 27 to " + level).getBytes(UTF_8));
      sent.addAll(List.of("level " + level, "from 27 to " + level));
    }

    recorder.await(sent.size());

    assertThat(recorder.runs())
        .extracting(Recorder.Run::text)
        .containsExactlyInAnyOrderElementsOf(sent);
  }
}
