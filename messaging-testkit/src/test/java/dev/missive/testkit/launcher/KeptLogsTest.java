package dev.missive.testkit.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class KeptLogsTest {
  private static final Path NODE = Path.of("/cache/run/4711-99/kafka-1/k1");

  @TempDir Path temp;

  @Test
  void each_node_has_a_file_of_its_own_in_a_folder_that_is_made() {
    Path folder = temp.resolve("of/brokers");

    assertThat(KeptLogs.file(NODE, folder.toString()))
        .contains(folder.resolve("4711-99-kafka-1-k1.txt"));
    assertThat(folder).isDirectory();
  }

  @Test
  void unless_asked_for_logs_go_with_their_brokers() {
    assertThat(KeptLogs.file(NODE, null)).isEmpty();
    assertThat(KeptLogs.file(NODE, " ")).isEmpty();
  }

  @Test
  void a_folder_that_cannot_be_made_is_named() throws IOException {
    Path file = Files.writeString(temp.resolve("file"), "");

    assertThatThrownBy(() -> KeptLogs.file(NODE, file.toString()))
        .hasMessageContainingAll("missive.broker.logs", file.toString());
  }
}
