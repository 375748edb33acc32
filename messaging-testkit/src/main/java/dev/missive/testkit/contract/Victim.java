package dev.missive.testkit.contract;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/**
 * A client that a test kills: a JVM of its own, destroyed by force, or where the broker lives in
 * this process a client that is abandoned. Both do the same {@link VictimCommands}.
 */
abstract class Victim implements AutoCloseable {

  static Victim of(Lab lab) {
    return lab.broker()
        .find(Control.Abandon.class)
        .<Victim>map(abandon -> new AbandonedVictim(lab, abandon))
        .orElseGet(() -> new ForkedVictim(lab));
  }

  abstract String command(String... words);

  /** Kills it; nothing is closed. */
  abstract void kill();

  /** Publishes and gives the id on the receipt. */
  final String publish(String topic, String key, String text, Duration delay) {
    return command("publish", topic, key, text, "" + delay.toMillis());
  }

  /**
   * Starts a consumer that holds some messages until it dies, and fails each of the others a number
   * of times.
   */
  final void consume(
      String topic, String group, int concurrency, int failures, Duration wait, String... held) {
    command(
        "consume",
        topic,
        group,
        "" + concurrency,
        "" + failures,
        "" + wait.toMillis(),
        String.join(",", held));
  }

  /** The same with one message of a key after another, also while one waits for its retry. */
  final void consumeInOrder(String topic, String group, int failures, Duration wait) {
    command("consume-in-order", topic, group, "1", "" + failures, "" + wait.toMillis());
  }

  /** The texts of all runs so far. */
  final List<String> runs() {
    String runs = command("runs");
    return runs.isEmpty() ? List.of() : Arrays.asList(runs.split(","));
  }

  final int count(String what, String topic, String group) {
    return Integer.parseInt(command("count", what, topic, group));
  }

  /** Begins to redrive all dead letters, so many a second. */
  final void redrive(String topic, String group, int perSecond) {
    command("redrive", topic, group, "" + perSecond);
  }

  @Override
  public abstract void close();
}
