package dev.missive.conformance;

import static dev.missive.conformance.Lab.TOPIC;
import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Consumer;
import dev.missive.Header;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.testkit.Recorder;
import dev.missive.testkit.VirtualTime;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A delayed broadcast where the broker does not hold it: it waits in process, having no group. */
final class BroadcastPauseTest {
  private static final Duration DELAY = Duration.ofMinutes(5);

  private final Lab lab = Lab.virtual(new VirtualTime(), builder -> builder);

  @AfterEach
  void close() {
    lab.close();
  }

  @Test
  void a_pause_leaves_it_where_it_is() {
    Messaging messaging = lab.open();
    Recorder seen = new Recorder();
    Consumer consumer = Lab.started(messaging.consumer(TOPIC).broadcast().handler(seen).build());
    MemoryClient foreign = MemoryClient.open(lab.name, "foreign", lab.time);
    String due = Long.toString(lab.time.now().plus(DELAY).toEpochMilli());
    foreign
        .publish(Message.builder(TOPIC).text("early").header(Header.NOT_BEFORE, due).build())
        .position();
    lab.await("it waits", () -> messaging.counters().of(TOPIC, null).parked() == 1);

    consumer.pause();
    lab.time.advance(DELAY.plusSeconds(1));
    assertThat(seen.texts()).as("handled while paused").isEmpty();
    consumer.resume();

    lab.await("it is handled", () -> messaging.counters().of(TOPIC, null).acked() == 1);
    assertThat(messaging.counters().of(TOPIC, null).held()).isZero();
    foreign.close();
  }
}
