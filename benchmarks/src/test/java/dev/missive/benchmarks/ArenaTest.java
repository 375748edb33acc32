package dev.missive.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.LiveBroker;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The frame on real brokers, with a load that shows that it works and nothing else. */
@Tag("broker")
@Tag("full")
class ArenaTest {
  private static final Load TINY = new Load(2, 0, 300, 300, 4, 60);

  @ParameterizedTest
  @EnumSource(names = {"RABBITMQ", "KAFKA", "NATS"})
  void both_sides_do_everything(Target target) throws Exception {
    LiveBroker broker = LiveBrokers.shared(Objects.requireNonNull(target.options));

    List<Section> sections = new Arena(broker, TINY, new PrintStream(System.out, true)).sections();

    List<String> expected = new ArrayList<>(rows("publish, confirmed", 3));
    expected.addAll(rows("consume, 1 handler", 3));
    expected.addAll(rows("consume, 4 handlers", 3));
    expected.addAll(rows("publish to handler at 300/s", 2));
    assertThat(sections.get(0).rows())
        .noneMatch(Row::failed)
        .extracting(Row::what)
        .containsExactlyElementsOf(expected);
    assertThat(sections)
        .hasSize(target == Target.NATS ? 1 : 2)
        .noneMatch(Section::failed)
        .allMatch(section -> section.markdown().contains("- raw: "))
        .noneMatch(section -> section.markdown().contains(broker.url()));
  }

  private static List<String> rows(String what, int count) {
    return Collections.nCopies(count, what);
  }
}
