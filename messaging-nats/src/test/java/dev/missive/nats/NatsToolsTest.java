package dev.missive.nats;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.ReceivedMessage;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** What a program writes and reads that shares no code with us (semantics, "On the wire"). */
@Tag("broker")
@ParameterizedClass(name = "oldest={0}")
@ValueSource(booleans = {false, true})
final class NatsToolsTest {
  private static final byte[] BODY = "body".getBytes(UTF_8);
  private static final Instant TIME = Instant.ofEpochMilli(1_700_000_000_123L);

  private final NatsLab lab;
  private final NatsSocket other;
  private final Messaging messaging;
  private final Queue<ReceivedMessage> got = new ConcurrentLinkedQueue<>();

  NatsToolsTest(boolean oldest) throws IOException {
    lab = new NatsLab(LiveBrokers.shared(oldest ? Brokers.nats().withOldest() : Brokers.nats()));
    other = new NatsSocket(lab.server);
    messaging = lab.open();
  }

  @AfterEach
  void close() throws IOException {
    other.close();
    lab.close();
  }

  @Test
  void what_it_publishes_is_handled() throws Exception {
    lab.start(messaging, got::add);

    other.publish(lab.topic, "plain".getBytes(UTF_8));
    other.publish(
        lab.topic,
        block("many: first", "many:  last  ", "Many: other", "nothing:", "missive-key: AP8K")
            .concat("missive-ts: 1700000000123\r\ntype: theirs\r\nCC: x\r\n\r\n"),
        "odd".getBytes(UTF_8));

    Eventually.await("both", () -> got.size() == 2);
    ReceivedMessage plain = got.remove();
    assertThat(NatsLab.text(plain)).isEqualTo("plain");
    assertThat(plain.id()).isEqualTo(String.valueOf(plain.position()));
    assertThat(plain.key()).isNull();
    assertThat(plain.headers()).isEmpty();
    ReceivedMessage odd = got.remove();
    assertThat(odd.key()).containsExactly(0, -1, 10);
    assertThat(odd.timestamp()).isEqualTo(TIME);
    assertThat(odd.type()).isEqualTo("theirs");
    assertThat(odd.headers())
        .containsEntry("many", "last")
        .containsEntry("Many", "other")
        .containsEntry("nothing", "")
        .containsEntry("CC", "x")
        .containsEntry("type", "theirs")
        .hasSize(5);
  }

  /** The thread of jnats that reads would end, again each time the message is delivered. */
  @Test
  void headers_that_are_none_do_not_cost_the_connection() throws Exception {
    lab.start(messaging, got::add);
    Instant since = messaging.health().connection().since();
    List<String> blocks =
        List.of(
            block("name: Zoë").concat("\r\n"),
            block("bad name: x").concat("\r\n"),
            block("no colon").concat("\r\n"),
            block("a: 1\n2").concat("\r\n"),
            block("a:1"),
            "HTTP/1.1\r\na: 1\r\n\r\n",
            "NATS/1.0 hello\r\n\r\n",
            "NATS/1.0 503\r\n\r\n",
            "x");

    for (String block : blocks) {
      other.publish(lab.topic, block, BODY);
    }
    other.publish(lab.topic, "end".getBytes(UTF_8));

    Eventually.await("all", () -> got.size() > blocks.size());
    assertThat(got).hasSize(blocks.size() + 1);
    assertThat(got).allMatch(message -> message.attempt() == 1);
    assertThat(got.remove().headers()).containsEntry("name", "Zo??");
    assertThat(got.stream().map(NatsLab::text).toList())
        .endsWith("body", "body", "xbody", "end")
        .contains("NATS/1.0\r\na:1\r\nbody");
    assertThat(messaging.health().connection().since()).isEqualTo(since);
  }

  @Test
  void what_fails_of_it_is_tried_again_and_kept_as_it_was() throws Exception {
    Queue<Integer> attempts = new ConcurrentLinkedQueue<>();
    lab.start(
        messaging,
        message -> {
          attempts.add(message.attempt());
          throw new IllegalStateException("fails");
        });

    other.subscribe("missive.dlq." + lab.topic + "." + NatsLab.GROUP);
    other.publish(
        lab.topic,
        block("source: shop", "CC: all", "name: Zoë", "Nats-Msg-Id: 1").concat("\r\n"),
        new byte[] {0, -1, 13, 10});

    NatsSocket.Seen letter = other.next();
    assertThat(letter.payload()).containsExactly(0, -1, 13, 10);
    assertThat(letter.headers())
        .contains("source:shop", "CC:all", "name:Zo??", "missive-topic:" + lab.topic)
        .contains("missive-dl-attempts:3", "missive-dl-reason:attempts-exhausted")
        .noneMatch(header -> header.startsWith("Nats-"));
    assertThat(attempts).containsExactly(1, 2, 3);
  }

  @Test
  void it_reads_what_we_publish() throws Exception {
    messaging.topology().declare(lab.topic, NatsLab.GROUP);
    other.subscribe(lab.topic);

    messaging
        .producer()
        .publish(
            Message.builder(lab.topic)
                .id("m 1")
                .type("order.created")
                .keyBytes(new byte[] {0, -1, 10})
                .contentType("text/plain")
                .correlationId("c1")
                .timestamp(TIME)
                .header("source", "50% of web")
                .payload(new byte[] {0, -1, 13, 10})
                .build());

    NatsSocket.Seen plain = other.next();
    assertThat(plain.payload()).containsExactly(0, -1, 13, 10);
    assertThat(plain.headers())
        .containsExactlyInAnyOrder(
            "missive-id:m 1",
            "missive-type:order.created",
            "missive-key:AP8K",
            "content-type:text/plain",
            "missive-correlation-id:c1",
            "missive-ts:1700000000123",
            "source:50% of web",
            "Nats-Msg-Id:m 1");
  }

  @Test
  void it_reads_what_is_no_ascii_and_what_is_not_there() throws Exception {
    messaging.topology().declare(lab.topic, NatsLab.GROUP);
    other.subscribe(lab.topic);

    messaging
        .producer()
        .publish(
            Message.builder(lab.topic)
                .id("m1")
                .timestamp(TIME)
                .header("name", "Zoë")
                .header("edge", " 50% ")
                .payload(null)
                .build());

    NatsSocket.Seen seen = other.next();
    assertThat(seen.payload()).isEmpty();
    assertThat(seen.headers())
        .containsExactlyInAnyOrder(
            "missive-id:m1",
            "missive-ts:1700000000123",
            "missive-null:1",
            "missive-enc:pct",
            "name:Zo%C3%AB",
            "edge:%2050%25%20",
            "Nats-Msg-Id:m1");
  }

  private static String block(String... headers) {
    return "NATS/1.0\r\n" + String.join("\r\n", headers) + "\r\n";
  }
}
