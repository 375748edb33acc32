package dev.missive.core.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.missive.Codec;
import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.core.FakeReceived;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What holds for every format of Jackson, and what is particular to one. */
final class JacksonCodecTest {
  private static final String JSON = "application/json";
  private static final String CBOR = "application/cbor";

  record Event(String name, int count, Instant at, LocalDate day, Duration took, byte[] raw) {}

  record Small(String name) {}

  record Holder(Object value) {}

  /** Asks for what a message must not decide. */
  @JsonTypeInfo(use = JsonTypeInfo.Id.CLASS)
  interface AnyClass {}

  record Chosen(String name) implements AnyClass {}

  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME)
  @JsonSubTypes(@JsonSubTypes.Type(value = Circle.class, name = "circle"))
  interface Shape {}

  record Circle(int radius) implements Shape {}

  private final Codecs codecs = new Codecs(List.of());

  private <T> T decode(String contentType, byte[] body, Class<T> type) {
    return codecs.decode(
        FakeReceived.of(
            Map.of(
                "contentType",
                contentType,
                "body",
                ByteBuffer.wrap(body),
                "id",
                "m1",
                "topic",
                "orders")),
        type);
  }

  private void refused(String contentType, byte[] body, Class<?> type) {
    assertThatThrownBy(() -> decode(contentType, body, type))
        .isInstanceOfSatisfying(
            MessagingException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNDECODABLE))
        .hasMessageContaining("m1")
        .hasMessageContaining(contentType)
        .hasMessageNotContaining("canary")
        .hasNoCause();
  }

  @ParameterizedTest
  @ValueSource(strings = {JSON, CBOR, "application/vnd.acme+json", "application/senml+cbor"})
  void records_times_and_bytes_come_back_as_they_went(String contentType) {
    Event event =
        new Event(
            "n",
            3,
            Instant.parse("2026-01-02T03:04:05.000000006Z"),
            LocalDate.parse("2026-01-02"),
            Duration.ofMillis(1500),
            new byte[] {0, -1});

    Event back = decode(contentType, codecs.encode(event, contentType), Event.class);

    assertThat(back).usingRecursiveComparison().isEqualTo(event);
  }

  @Test
  void json_writes_records_and_times_as_text() {
    Map<String, Object> event = new LinkedHashMap<>();
    event.put("small", new Small("n"));
    event.put("at", Instant.parse("2026-01-02T03:04:05Z"));

    assertThat(new String(codecs.encode(event, JSON), StandardCharsets.UTF_8))
        .isEqualTo("{\"small\":{\"name\":\"n\"},\"at\":\"2026-01-02T03:04:05Z\"}");
  }

  @Test
  void cbor_is_what_rfc_8949_says() {
    byte[] bytes = codecs.encode(List.of(1, "a"), CBOR);

    // An array of two, 1, a text of one byte; others may write an array that says where it ends.
    assertThat(bytes).containsExactly(0x82, 0x01, 0x61, 0x61);
    assertThat(decode(CBOR, new byte[] {(byte) 0x9f, 0x01, 0x61, 0x61, -1}, Object.class))
        .isEqualTo(List.of(1, "a"));
  }

  @ParameterizedTest
  @ValueSource(strings = {JSON, CBOR})
  void properties_that_nobody_knows_yet_are_passed_over(String contentType) {
    byte[] newer = codecs.encode(Map.of("name", "n", "added", List.of(1, 2)), contentType);

    assertThat(decode(contentType, newer, Small.class)).isEqualTo(new Small("n"));
  }

  @ParameterizedTest
  @ValueSource(strings = {JSON, CBOR})
  void what_is_malformed_is_undecodable_and_not_shown(String contentType) {
    byte[] good = codecs.encode(new Small("canary"), contentType);
    byte[] twice = Arrays.copyOf(good, 2 * good.length);
    System.arraycopy(good, 0, twice, good.length, good.length);

    refused(contentType, Arrays.copyOf(good, good.length - 1), Small.class);
    refused(contentType, twice, Small.class);
    refused(contentType, new byte[0], Small.class);
    refused(contentType, codecs.encode("canary", contentType), Small.class);
    refused(
        contentType, codecs.encode(Map.of("name", List.of("canary")), contentType), Small.class);
    // A length that nothing follows; and bytes that begin nothing in either format.
    refused(contentType, new byte[] {0x7b, -1, -1, -1, -1, -1, -1, -1, -1}, Small.class);
    refused(contentType, new byte[] {-1, -1}, Small.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {JSON, CBOR})
  void the_null_of_a_format_is_no_object(String contentType) {
    Codec codec = contentType.equals(JSON) ? JacksonCodec.json() : JacksonCodec.cbor();
    byte[] none =
        contentType.equals(JSON)
            ? "null".getBytes(StandardCharsets.UTF_8)
            : new byte[] {(byte) 0xf6};

    assertThat(codec.contentType()).isEqualTo(contentType);
    refused(contentType, none, Small.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {JSON, CBOR})
  void a_message_cannot_name_a_class(String contentType) {
    Map<String, String> naming =
        Map.of("@class", Chosen.class.getName(), "@type", Chosen.class.getName(), "name", "canary");
    byte[] inside = codecs.encode(Map.of("value", naming), contentType);
    byte[] alone = codecs.encode(naming, contentType);
    byte[] list = codecs.encode(List.of(Chosen.class.getName(), naming), contentType);

    assertThat(decode(contentType, inside, Holder.class).value()).isEqualTo(naming);
    assertThat(decode(contentType, alone, Object.class)).isEqualTo(naming);
    assertThat(decode(contentType, list, Object.class)).isInstanceOf(List.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {JSON, CBOR})
  void a_message_cannot_name_a_class_although_the_type_asks_for_it(String contentType) {
    refused(
        contentType,
        codecs.encode(Map.of("@class", Chosen.class.getName(), "name", "canary"), contentType),
        AnyClass.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {JSON, CBOR})
  void names_that_a_type_lists_are_no_classes(String contentType) {
    byte[] circle = codecs.encode(Map.of("@type", "circle", "radius", 2), contentType);

    assertThat(decode(contentType, circle, Shape.class)).isEqualTo(new Circle(2));
    refused(
        contentType,
        codecs.encode(Map.of("@type", Circle.class.getName(), "radius", 2), contentType),
        Shape.class);
  }
}
