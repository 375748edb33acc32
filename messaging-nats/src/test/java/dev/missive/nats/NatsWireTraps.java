package dev.missive.nats;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.ReceivedMessage;
import dev.missive.testkit.Eventually;
import io.nats.client.Connection;
import io.nats.client.impl.Headers;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;

/** What other programs read and write: names, headers and bytes. */
interface NatsWireTraps extends NatsTrap {
  @Test
  default void what_other_programs_publish_is_handled() throws Exception {
    Queue<ReceivedMessage> got = new ConcurrentLinkedQueue<>();
    Messaging messaging = lab().open();
    lab().start(messaging, got::add);
    Connection raw = lab().raw();

    raw.publish(lab().topic, "plain".getBytes(UTF_8));
    Headers headers = new Headers().put("type", "theirs").put("missive-key", "%%%");
    headers.put("many", "first", "last").put("missive-ts", "yesterday");
    raw.publish(lab().topic, null, headers, "odd".getBytes(UTF_8));

    Eventually.await("both", () -> got.size() == 2);
    ReceivedMessage plain = got.remove();
    assertThat(NatsLab.text(plain)).isEqualTo("plain");
    assertThat(plain.id()).isEqualTo(String.valueOf(plain.position()));
    assertThat(plain.key()).isNull();
    assertThat(plain.timestamp()).isNotNull();
    assertThat(plain.headers()).isEmpty();
    ReceivedMessage odd = got.remove();
    assertThat(odd.type()).isEqualTo("theirs");
    assertThat(odd.key()).isNull();
    assertThat(odd.headers()).containsEntry("many", "last").containsEntry("type", "theirs");
  }

  @Test
  default void other_programs_can_read_what_is_published() throws Exception {
    Messaging messaging = lab().open();
    messaging.topology().declare(lab().topic, NatsLab.GROUP);
    Connection raw = lab().raw();
    var subscription = raw.subscribe(lab().topic);
    raw.flush(Duration.ofSeconds(5));

    messaging
        .producer()
        .publish(
            Message.builder(lab().topic)
                .id("i")
                .key("k")
                .type("t")
                .contentType("text/plain")
                .header("h", "v")
                .payload("body".getBytes(UTF_8))
                .build());

    io.nats.client.Message seen = subscription.nextMessage(Duration.ofSeconds(5));
    assertThat(seen.getData()).isEqualTo("body".getBytes(UTF_8));
    assertThat(seen.getHeaders().getLast("missive-id")).isEqualTo("i");
    assertThat(seen.getHeaders().getLast("missive-key")).isEqualTo("aw");
    assertThat(seen.getHeaders().getLast("missive-type")).isEqualTo("t");
    assertThat(seen.getHeaders().getLast("content-type")).isEqualTo("text/plain");
    assertThat(seen.getHeaders().getLast("h")).isEqualTo("v");
  }

  @Test
  default void line_breaks_in_headers_are_refused() {
    Messaging messaging = lab().open();
    messaging.topology().declare(lab().topic, NatsLab.GROUP);

    assertThatThrownBy(
            () ->
                messaging
                    .producer()
                    .publish(
                        Message.builder(lab().topic).header("h", "a\r\nNats-Rollup: all").build()))
        .hasMessageContaining("MSG-HEADER-INVALID");
  }
}
