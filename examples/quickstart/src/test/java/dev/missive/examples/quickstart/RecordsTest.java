package dev.missive.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Message;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.core.JsonPointer;

final class RecordsTest {
  @TempDir Path folder;

  @Test
  void the_key_is_where_the_pointer_says() throws Exception {
    String[] lines = {
      "{\"user\":{\"id\":7}}", "{\"user\":{\"id\":\"ann\"}}", "{\"user\":{}}", "{", "[]"
    };

    assertThat(keys(JsonPointer.compile("/user/id"), lines))
        .containsExactly("7", "ann", null, null, null);
  }

  @Test
  void every_shipped_record_has_a_key_and_a_type() throws Exception {
    int count = 0;
    try (Records records = Records.open(null, "topic", Records.NETWORK)) {
      for (Message message = next(records); message != null; message = next(records)) {
        assertThat(message.key()).isNotNull();
        assertThat(message.type()).isIn("earthquake", "explosion", "quarry blast");
        count++;
      }
    }
    assertThat(count).isEqualTo(1707);
  }

  @Test
  void the_type_stands_inside_the_properties_or_at_the_top() throws Exception {
    List<Message> messages =
        read(
            Records.NETWORK,
            "{\"type\":\"Feature\",\"properties\":{\"type\":\"explosion\"}}",
            "",
            "{\"type\":\"order\"}",
            "{}");

    assertThat(messages).extracting(Message::type).containsExactly("explosion", "order", null);
  }

  private List<String> keys(JsonPointer pointer, String... lines) throws IOException {
    List<String> keys = new ArrayList<>();
    for (Message message : read(pointer, lines)) {
      byte[] key = message.key();
      keys.add(key == null ? null : new String(key));
    }
    return keys;
  }

  private List<Message> read(JsonPointer pointer, String... lines) throws IOException {
    Path file = Files.write(folder.resolve("records.ndjson"), List.of(lines));
    List<Message> all = new ArrayList<>();
    try (Records records = Records.open(file.toString(), "topic", pointer)) {
      for (Message message = next(records); message != null; message = next(records)) {
        all.add(message);
      }
    }
    return all;
  }

  private static Message next(Records records) throws IOException {
    Message.Builder next = records.next();
    return next == null ? null : next.build();
  }
}
