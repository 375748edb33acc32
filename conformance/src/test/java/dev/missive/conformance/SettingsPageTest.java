package dev.missive.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.core.config.CoreSettings;
import dev.missive.spi.BrokerProvider.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** docs/settings.md, which README points to. */
final class SettingsPageTest {
  private static final Path PAGE = Path.of("..", "docs", "settings.md");

  @Test
  void the_table_has_every_setting_with_its_default_and_its_meaning() throws IOException {
    assertThat(Files.readString(PAGE).lines().filter(line -> line.startsWith("| `")))
        .containsExactlyElementsOf(CoreSettings.ALL.stream().map(SettingsPageTest::line).toList());
  }

  private static String line(Setting setting) {
    String value = setting.byDefault() == null ? "" : "`" + setting.byDefault() + "`";
    return "| `" + setting.key() + "` | " + value + " | " + setting.help() + " |";
  }
}
