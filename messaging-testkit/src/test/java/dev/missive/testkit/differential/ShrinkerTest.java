package dev.missive.testkit.differential;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.testkit.differential.Script.Kind;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Scripts, and how they get shorter; nothing is played. */
final class ShrinkerTest {
  private static List<Script> scripts(long seed) {
    ScriptWriter writer =
        new ScriptWriter(seed, List.of(Kind.values()), EnumSet.allOf(Operation.class));
    return List.of(
        writer.write(0, 60), writer.write(1, 60), writer.write(2, 60), writer.write(3, 60));
  }

  @Test
  void a_seed_means_the_same_scripts_again() {
    assertThat(scripts(3)).isEqualTo(scripts(3)).isNotEqualTo(scripts(4));
  }

  @Test
  void only_scripts_with_faults_have_them() {
    assertThat(scripts(3))
        .allMatch(
            script ->
                script.steps().stream().anyMatch(step -> step.operation() == Operation.CUT)
                    == (script.kind() == Kind.FAULTY));
  }

  @Test
  void what_is_not_needed_goes() {
    List<Step> steps = scripts(3).get(2).steps();
    List<Step> needed = List.of(steps.get(7), steps.get(31), steps.get(59));

    List<Step> left = new Shrinker(some -> some.containsAll(needed), 1_000).shrink(steps);

    assertThat(left).isEqualTo(needed);
  }

  @Test
  void a_script_that_needs_no_step_loses_all() {
    assertThat(new Shrinker(some -> true, 1_000).shrink(scripts(3).get(0).steps())).isEmpty();
  }

  @Test
  void plays_are_bounded() {
    AtomicInteger plays = new AtomicInteger();
    List<Step> steps = scripts(3).get(0).steps();

    List<Step> left = new Shrinker(some -> plays.incrementAndGet() < 0, 10).shrink(steps);

    assertThat(left).isEqualTo(steps);
    assertThat(plays).hasValue(10);
  }
}
