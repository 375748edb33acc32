package dev.missive.core.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ConfigFileTest {
  private static final String CANARY = "hunter2-canary";

  private static Settings load(String file, String text) {
    return Settings.load(
        Map.of(),
        Map.of(),
        null,
        List.of(),
        new Environment(
            Map.of("messaging.config", file),
            Map.of(),
            name -> name.equals(file) ? Optional.of(text) : Optional.empty()));
  }

  private static void refused(String file, String text, String... why) {
    assertThatThrownBy(() -> load(file, text))
        .hasMessageContainingAll(why)
        .hasMessageNotContaining(CANARY);
  }

  @Test
  void problems_in_yaml_carry_their_line() {
    refused(
        "conf/app.yaml",
        "# first\nproducer:\n\n  windwo: 1\n  deadline:\n    never\nretry.max: 1x\n",
        "producer.windwo (file conf/app.yaml, line 4) is not a known setting; did you mean"
            + " producer.window?",
        "producer.deadline (file conf/app.yaml, line 5) was \"never\"",
        "retry.max (file conf/app.yaml, line 7) was \"1x\"");
  }

  @Test
  void problems_in_properties_carry_their_line() {
    refused(
        "app.properties",
        "# a comment that does not go on \\\nproducer.windwo=1\r\n"
            + "! another\n\n"
            + "   producer.window = \\\n    many\n"
            + "retry.max: 1x\rapplication=C\\:\\\\\nbroker.x y",
        "producer.windwo (file app.properties, line 2) is not a known setting",
        "producer.window (file app.properties, line 5) was \"many\"",
        "retry.max (file app.properties, line 7) was \"1x\"",
        "broker.x (file app.properties, line 9) is not a known setting");
  }

  @Test
  void properties_are_read_as_java_reads_them() {
    Settings settings =
        load(
            "app.properties",
            "application=a\\\n   b\\u0063\nproducer.window : 1\nproducer.window 7\n\n#x=\\");
    assertThat(settings.get("application", String.class)).isEqualTo("abc");
    assertThat(settings.get("producer.window", Integer.class)).isEqualTo(7);
    refused("app.properties", "broker=x\napplication=\\u00zz" + CANARY, "line 2 cannot be read");
  }

  @Test
  void yaml_may_be_nested_flat_empty_and_null() {
    Settings settings =
        load(
            "app.yaml",
            "producer.window: 5\nproducer:\n  deadline: 7s\nconnect:\nbroker: null\n"
                + "application: \"12\"\nretry: {max-attempts: 7}\ntopology: &t\n  mode: none\n");
    assertThat(settings.get("producer.window", Integer.class)).isEqualTo(5);
    assertThat(settings.get("application", String.class)).isEqualTo("12");
    assertThat(settings.get("retry.max-attempts", Integer.class)).isEqualTo(7);
    assertThat(settings.get("topology.mode", TopologyMode.class)).isEqualTo(TopologyMode.NONE);
    assertThat(settings.find("broker", String.class)).isEmpty();
    assertThat(load("app.yaml", "").find("broker", String.class)).isEmpty();
    assertThat(load("app.yaml", "# nothing\n").find("broker", String.class)).isEmpty();
  }

  @Test
  void wrong_yaml_is_refused_with_its_line_and_without_its_text() {
    refused("app.yaml", "a: [" + CANARY, "app.yaml is not valid YAML at line 1, column ");
    refused("app.yaml", CANARY, "app.yaml, line 1: must hold keys and values");
    refused("app.yaml", "- " + CANARY, "app.yaml, line 1: must hold keys and values");
    refused("app.yaml", "\n? [" + CANARY + "]\n: 1", "app.yaml is not valid YAML");
    refused("app.yaml", "\n!secret " + CANARY + ": 1", "app.yaml, line 2: must have a plain key");
    refused(
        "app.yaml",
        "broker: acme\nproducer:\n  window: 1\nbroker: " + CANARY,
        "app.yaml, line 4: sets broker again, which line 1 sets");
    refused(
        "app.yaml",
        "producer:\n  window: 1\nproducer.window: 2",
        "app.yaml, line 3: sets producer.window again, which line 2 sets");
    refused(
        "app.yaml",
        "broker: acme\napplication: !!java.io.File [" + CANARY + "]",
        "app.yaml, line 2: has a tag");
    refused("app.yaml", "broker: !secret " + CANARY, "app.yaml, line 1: has a tag");
    refused(
        "app.yaml",
        "dead-letter:\n  aliases:\n  - a=b\n  - {x: " + CANARY + "}",
        "app.yaml, line 4: must be a list of plain values");
    refused("app.yaml", "broker: &x\n  a: *x", "is nested too deeply");
    refused("app.yaml", "broker: a\n---\nbroker: " + CANARY, "app.yaml is not valid YAML");
  }

  @Test
  void a_file_that_cannot_be_read_is_named_with_the_reason(@TempDir Path folder)
      throws IOException {
    Path latin = Files.write(folder.resolve("latin.yaml"), new byte[] {'a', ':', ' ', (byte) 0xe9});

    unreadable(latin.toString(), latin + " cannot be read: it is no text in UTF-8");
    unreadable(folder.toString(), folder + " cannot be read: Is a directory");
    unreadable(folder.resolve("nosuch.yaml").toString(), "nosuch.yaml was named by", "not exist");
    unreadable("a\0b", "was named by", "does not exist");
  }

  /** As the real environment reads it. */
  private static void unreadable(String file, String... why) {
    assertThatThrownBy(
            () ->
                Settings.load(
                    Map.of(),
                    Map.of(),
                    null,
                    List.of(),
                    new Environment(
                        Map.of("messaging.config", file), Map.of(), Environment.system().files())))
        .isInstanceOfSatisfying(
            MessagingException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFIG_INVALID))
        .hasMessageContainingAll(why);
  }
}
