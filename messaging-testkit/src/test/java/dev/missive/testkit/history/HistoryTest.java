package dev.missive.testkit.history;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.testkit.history.History.Rules;
import dev.missive.testkit.history.Violation.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A good history passes, and each kind of violation planted into it is found, and nothing else. */
final class HistoryTest {
  private static final String GROUP = "billing";
  private static final Rules STRICT = Rules.strict().group(GROUP);
  private static final int MESSAGES = 100;

  /** Runs as they happen; the n-th message is m-n with key k-(n mod 5). */
  private static List<Runnable> script(History history) {
    List<Runnable> script = new ArrayList<>();
    for (int n = 0; n < MESSAGES; n++) {
      String id = "m-" + n;
      history.sent(id, "k-" + n % 5);
      history.stored(id);
      script.add(() -> history.run(GROUP, id, 1, false));
    }
    return script;
  }

  private static History played(History history, List<Runnable> script) {
    script.forEach(Runnable::run);
    return history;
  }

  private static void assertFinds(History history, Rules rules, Kind kind, String id) {
    assertThat(history.check(rules))
        .singleElement()
        .satisfies(
            violation -> {
              assertThat(violation.kind()).isEqualTo(kind);
              assertThat(violation.id()).isEqualTo(id);
              assertThat(violation.toString()).contains(GROUP).contains(id);
            });
  }

  @Test
  void a_good_history_passes() {
    History history = new History();

    assertThat(played(history, script(history)).check(STRICT)).isEmpty();
    assertThat(history.runs(GROUP)).isEqualTo(MESSAGES);
  }

  @Test
  void a_lost_message_is_found_wherever_it_is() {
    Random random = new Random(7);
    for (int i = 0; i < 20; i++) {
      History history = new History();
      List<Runnable> script = script(history);
      int lost = random.nextInt(MESSAGES);
      script.remove(lost);

      assertFinds(played(history, script), STRICT, Kind.LOST, "m-" + lost);
    }
  }

  @Test
  void a_message_that_another_group_lacks_is_lost_there() {
    History history = new History();
    played(history, script(history));

    assertThat(history.check(STRICT.group("audit")))
        .hasSize(MESSAGES)
        .allMatch(v -> v.kind() == Kind.LOST && v.group().equals("audit"));
  }

  @Test
  void a_message_that_nobody_published_is_a_phantom() {
    History history = new History();
    List<Runnable> script = script(history);
    script.add(50, () -> history.run(GROUP, "ghost", 1, false));

    assertFinds(played(history, script), STRICT, Kind.PHANTOM, "ghost");
  }

  @Test
  void a_message_that_was_refused_is_a_phantom_and_an_unknown_one_is_not() {
    History history = new History();
    List<Runnable> script = script(history);
    history.sent("refused", null);
    history.refused("refused");
    history.sent("unknown", null);
    history.sent("unknown and gone", null);
    script.add(() -> history.run(GROUP, "refused", 1, false));
    script.add(() -> history.run(GROUP, "unknown", 1, false));

    assertFinds(played(history, script), STRICT, Kind.PHANTOM, "refused");
  }

  @Test
  void two_swapped_messages_of_a_key_are_found_and_those_of_two_keys_are_not() {
    History history = new History();
    List<Runnable> script = script(history);
    Runnable tenth = script.remove(10);
    script.add(15, tenth);

    assertFinds(played(history, script), STRICT, Kind.REORDERED, "m-10");
    assertThat(history.check(STRICT.unordered())).isEmpty();

    History other = new History();
    List<Runnable> beside = script(other);
    beside.add(13, beside.remove(10));
    assertThat(played(other, beside).check(STRICT)).isEmpty();
  }

  @Test
  void what_has_no_receipt_has_no_place_in_the_order_of_its_key() {
    History history = new History();
    history.sent("unknown", "k");
    history.sent("stored", "k");
    history.stored("stored");
    history.run(GROUP, "stored", 1, false);
    history.run(GROUP, "unknown", 1, false);

    assertThat(history.check(STRICT)).isEmpty();
  }

  @Test
  void a_duplicate_is_found_beyond_the_bound() {
    History history = new History();
    List<Runnable> script = script(history);
    script.add(60, () -> history.run(GROUP, "m-20", 1, false));

    assertFinds(played(history, script), STRICT, Kind.DUPLICATED, "m-20");
    assertThat(history.check(Rules.atLeastOnce(1).group(GROUP))).isEmpty();
    history.run(GROUP, "m-20", 1, false);
    assertFinds(history, Rules.atLeastOnce(1).group(GROUP), Kind.DUPLICATED, "m-20");
  }

  @Test
  void a_failed_run_explains_the_next_one_and_no_more() {
    History history = new History();
    history.sent("m", "k");
    history.stored("m");
    history.run(GROUP, "m", 1, true);
    history.run(GROUP, "m", 2, true);
    history.run(GROUP, "m", 3, false);
    assertThat(history.check(STRICT)).isEmpty();

    history.run(GROUP, "m", 3, false);
    assertFinds(history, STRICT, Kind.DUPLICATED, "m");
  }

  @Test
  void a_message_that_failed_until_it_was_given_up_is_no_duplicate() {
    History history = new History();
    history.sent("m", "k");
    history.stored("m");
    history.run(GROUP, "m", 1, true);
    history.run(GROUP, "m", 2, true);

    assertThat(history.check(STRICT)).isEmpty();
  }

  @Test
  void attempts_that_the_runs_before_do_not_explain_are_found() {
    for (int wrong : new int[] {0, -1, 2, 5}) {
      History history = new History();
      List<Runnable> script = script(history);
      script.set(30, () -> history.run(GROUP, "m-30", wrong, false));

      assertFinds(played(history, script), STRICT, Kind.WRONG_ATTEMPT, "m-30");
    }
  }

  private static History attempts(int... attempts) {
    History history = new History();
    history.sent("m", "k");
    history.stored("m");
    for (int i = 0; i < attempts.length; i++) {
      history.run(GROUP, "m", attempts[i], i < attempts.length - 1);
    }
    return history;
  }

  @Test
  void attempts_that_fall_or_repeat_without_a_fault_are_found() {
    assertThat(attempts(1, 2, 3, 4).check(STRICT)).isEmpty();
    for (int[] wrong : new int[][] {{1, 2, 3, 1}, {1, 1}, {1, 1, 1}, {1, 2, 2}, {1, 2, 1, 2}}) {
      assertFinds(attempts(wrong), STRICT, Kind.WRONG_ATTEMPT, "m");
    }
  }

  @Test
  void an_attempt_may_be_repeated_after_a_crash_and_not_more_often_than_clients_crashed() {
    Rules crashed = Rules.atLeastOnce(1).group(GROUP);

    assertThat(attempts(1, 1, 2).check(crashed)).isEmpty();
    assertThat(attempts(1, 2, 3, 1, 2).check(crashed)).isEmpty();
    assertFinds(attempts(1, 1, 1), crashed, Kind.WRONG_ATTEMPT, "m");
    assertFinds(attempts(1, 1, 2, 2), crashed, Kind.WRONG_ATTEMPT, "m");
    assertThat(attempts(1, 1, 2, 2).check(Rules.atLeastOnce(2).group(GROUP))).isEmpty();
  }

  @Test
  void a_success_that_comes_again_repeats_its_attempt_and_is_only_a_duplicate() {
    History history = attempts(1, 2);
    history.run(GROUP, "m", 2, false);

    assertFinds(history, STRICT, Kind.DUPLICATED, "m");
    assertThat(history.check(Rules.atLeastOnce(1).group(GROUP))).isEmpty();
  }
}
