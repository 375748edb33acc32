package dev.missive.core.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.ErrorCode;
import dev.missive.Handler;
import dev.missive.MessagingException;
import dev.missive.ReceivedMessage;
import dev.missive.Router;
import dev.missive.core.FakeReceived;
import dev.missive.core.codec.Codecs;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class MessageRouterTest {
  record Order(String name) {}

  private final List<String> calls = new ArrayList<>();
  private final Router router = new MessageRouter(new Codecs(List.of()));

  private Handler note(String name) {
    return message -> calls.add(name);
  }

  private static ReceivedMessage message(String type, Map<String, String> headers, String body) {
    Map<String, Object> parts =
        new HashMap<>(
            Map.of(
                "headers",
                headers,
                "body",
                ByteBuffer.wrap(body.getBytes(StandardCharsets.UTF_8)),
                "id",
                "m1",
                "topic",
                "orders"));
    parts.put("type", type);
    parts.put("contentType", null);
    return FakeReceived.of(parts);
  }

  private static ReceivedMessage typed(String type) {
    return message(type, Map.of(), "{\"name\":\"n\"}");
  }

  @Test
  void a_message_goes_to_the_handler_of_its_type() throws Exception {
    router
        .on("order.created", Order.class, (order, message) -> calls.add("created " + order.name()))
        .on("order.paid", note("paid"));

    router.handle(typed("order.paid"));
    router.handle(typed("order.created"));

    assertThat(calls).containsExactly("paid", "created n");
  }

  @Test
  void without_a_type_the_header_of_other_programs_is_read() throws Exception {
    router.on("order.paid", note("paid")).on("other", note("other"));

    router.handle(message(null, Map.of("type", "order.paid"), ""));
    router.handle(message("other", Map.of("type", "order.paid"), ""));

    assertThat(calls).containsExactly("paid", "other");
  }

  @Test
  void an_unknown_type_names_the_known_ones() {
    router.on("order.paid", note("paid")).on("order.created", note("created"));

    for (String type : new String[] {"order.lost", null}) {
      assertThatThrownBy(() -> router.handle(typed(type)))
          .isInstanceOfSatisfying(
              MessagingException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.TYPE_UNKNOWN))
          .hasMessageContaining(type == null ? "(none)" : "\"order.lost\"")
          .hasMessageContaining("[order.created, order.paid]");
    }
  }

  @Test
  void a_default_takes_the_rest() throws Exception {
    router.on("order.paid", note("paid")).otherwise(note("rest"));

    router.handle(typed("order.lost"));
    router.handle(typed(null));
    router.handle(typed("order.paid"));

    assertThat(calls).containsExactly("rest", "rest", "paid");
  }

  @Test
  void a_type_is_registered_once() {
    router.on("order.paid", note("first"));

    assertThatThrownBy(() -> router.on("order.paid", note("second")))
        .hasMessageContaining("MSG-CONFIG-INVALID")
        .hasMessageContaining("order.paid has a handler already");
  }

  @Test
  void what_cannot_be_decoded_never_reaches_the_handler_and_is_not_shown() {
    router.on("order.created", Order.class, (order, message) -> calls.add("created"));

    assertThatThrownBy(() -> router.handle(message("order.created", Map.of(), "{canary")))
        .isInstanceOfSatisfying(
            MessagingException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNDECODABLE))
        .hasMessageNotContaining("canary");
    assertThat(calls).isEmpty();
  }

  @Test
  void what_a_handler_throws_passes_unchanged() {
    IllegalStateException error = new IllegalStateException("mine");
    router.on(
        "order.paid",
        message -> {
          throw error;
        });

    assertThatThrownBy(() -> router.handle(typed("order.paid"))).isSameAs(error);
  }
}
