package dev.missive.conformance;

import static dev.missive.conformance.Lab.GROUP;
import static dev.missive.conformance.Lab.TOPIC;
import static dev.missive.conformance.Lab.consume;
import static dev.missive.conformance.Lab.consumeWith;
import static dev.missive.conformance.Lab.message;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.DeadLetters;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.Router;
import dev.missive.testkit.Recorder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Clauses Z01, Z02, Z23, Z25 and Z27: how a message is made, taken over, routed and decoded. */
public interface MessageRuntimeClauses extends Clauses {
  @Test
  @DisplayName(
      "Z01 Z02 null is refused at once; what the caller changes after publish changes nothing")
  default void arguments() {
    Messaging messaging = lab().open();
    Recorder seen = new Recorder();
    consume(messaging, seen);
    assertThatThrownBy(() -> messaging.producer().publish(null))
        .as("publishing null")
        .isInstanceOf(NullPointerException.class);
    assertThatThrownBy(() -> Message.of(null, new byte[0]))
        .isInstanceOf(NullPointerException.class);
    byte[] payload = "before".getBytes();
    Map<String, String> headers = new HashMap<>(Map.of("h", "before"));
    Message message = Message.builder(TOPIC).payload(payload).headers(headers).build();
    payload[0] = 'X';
    headers.put("h", "after");
    messaging.producer().publish(message);
    Recorder.Run run = lab().await(1, seen).get(0);
    assertThat(run.text()).isEqualTo("before");
    assertThat(run.headers()).containsExactlyEntriesOf(Map.of("h", "before"));

    byte[] typed = "typed".getBytes();
    messaging
        .producer()
        .typed(TOPIC, byte[].class)
        .contentType("application/octet-stream")
        .publishAsync(typed);
    typed[0] = 'X';
    assertThat(lab().await(2, seen).get(1).text()).as("a typed payload").isEqualTo("typed");
  }

  @Test
  @DisplayName("Z23 what a handler publishes takes over the correlation id")
  default void correlation() {
    Messaging messaging = lab().open();
    Recorder seen = new Recorder();
    Lab.started(messaging.consumer("lab.next").group(GROUP).handler(seen).build());
    consume(messaging, m -> messaging.producer().publish(Message.of("lab.next", m.payload())));
    messaging.producer().publish(Message.builder(TOPIC).text("with").correlationId("c-1").build());
    messaging.producer().publish(Message.builder(TOPIC).text("without").build());
    lab().await(2, seen);
    assertThat(seen.runs()).extracting(Recorder.Run::correlationId).containsExactly("c-1", null);
  }

  @Test
  @DisplayName("Z25 the router dispatches by type; an unknown type names the known ones")
  default void router() {
    Messaging messaging = lab().open();
    List<String> seen = new CopyOnWriteArrayList<>();
    Router router =
        messaging
            .router()
            .on("order.created", Order.class, (order, m) -> seen.add("created " + order.number()))
            .on("order.deleted", m -> seen.add("deleted"));
    assertThatThrownBy(() -> router.on("order.deleted", m -> {}))
        .hasMessageContaining("MSG-CONFIG-INVALID");
    consume(messaging, router);
    messaging
        .producer()
        .typed(TOPIC, Order.class)
        .type("order.created")
        .key(Order::number)
        .publish(new Order("7"));
    messaging.producer().publish(Message.builder(TOPIC).header("type", "order.deleted").build());
    messaging.producer().publish(Message.builder(TOPIC).type("order.lost").build());
    lab().await("dead-lettered", () -> messaging.counters().of(TOPIC, GROUP).deadLettered() == 1);
    assertThat(seen).containsExactly("created 7", "deleted");
    try (DeadLetters.Cursor cursor = messaging.deadLetters().open(TOPIC, GROUP)) {
      DeadLetters.Letter letter = cursor.next(1).get(0);
      assertThat(letter.reason()).isEqualTo(DeadLetters.Reason.UNKNOWN_TYPE);
      assertThat(letter.errorMessage())
          .contains("no handler for message type")
          .contains("order.created, order.deleted");
    }
    router.otherwise(m -> seen.add("other"));
    messaging.producer().publish(Message.builder(TOPIC).type("order.lost").build());
    lab().await("the default", () -> seen.contains("other"));
  }

  record Order(String number) {}

  @Test
  @DisplayName(
      "Z27 the codec is chosen by content type; a mismatch is undecodable, never a raw misreading")
  default void content_types() {
    Messaging messaging = lab().open();
    List<Object> seen = new CopyOnWriteArrayList<>();
    consumeWith(
        messaging, builder -> builder.typedHandler(String.class, (text, m) -> seen.add(text)));
    messaging
        .producer()
        .publish(
            Message.builder(TOPIC).contentType("text/plain; charset=utf-8").text("plain").build());
    messaging
        .producer()
        .publish(Message.builder(TOPIC).contentType("application/json").text("\"json\"").build());
    messaging
        .producer()
        .publish(
            Message.builder(TOPIC).contentType("application/octet-stream").text("bytes").build());
    messaging
        .producer()
        .publish(Message.builder(TOPIC).contentType("application/unheard-of").text("x").build());
    lab()
        .await("two dead letters", () -> messaging.counters().of(TOPIC, GROUP).deadLettered() == 2);
    assertThat(seen).containsExactly("plain", "json");
  }
}
