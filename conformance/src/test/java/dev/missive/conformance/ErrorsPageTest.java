package dev.missive.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** docs/errors.md, which every error points to. */
final class ErrorsPageTest {
  private static final Path PAGE = Path.of("..", "docs", "errors.md");
  private static final Pattern SECTION = Pattern.compile("(?m)^## (.*)$");

  /** A section: its title, when the error comes, what to do. */
  private static final Pattern COMPLETE =
      Pattern.compile("## MSG-[A-Z-]+\\n\\nWhen: [^\\n]{10,}\\n\\n\\S.{4,}", Pattern.DOTALL);

  @Test
  void every_code_has_one_section_and_nothing_else_has_one() throws IOException {
    List<String> sections =
        SECTION
            .matcher(Files.readString(PAGE))
            .results()
            .map((MatchResult section) -> section.group(1))
            .toList();

    assertThat(sections)
        .containsExactlyInAnyOrderElementsOf(
            Arrays.stream(ErrorCode.values()).map(ErrorCode::id).toList());
  }

  @Test
  void every_section_says_when_and_what_to_do() throws IOException {
    String[] parts = Files.readString(PAGE).split("(?m)^(?=## )");

    assertThat(parts).hasSize(ErrorCode.values().length + 1);
    assertThat(Arrays.stream(parts).skip(1)).allMatch(part -> COMPLETE.matcher(part).lookingAt());
  }

  @Test
  void every_error_points_to_its_section() {
    for (ErrorCode code : ErrorCode.values()) {
      assertThat(new MessagingException(code, "something happened"))
          .hasMessageEndingWith("See docs/errors.md#" + code.id().toLowerCase(Locale.ROOT));
    }
  }
}
