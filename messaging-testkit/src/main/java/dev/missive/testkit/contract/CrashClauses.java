package dev.missive.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Consumer;
import dev.missive.Handler;
import dev.missive.Messaging;
import dev.missive.RetryPolicy;
import dev.missive.Topology;
import dev.missive.testkit.FakeHandler;
import dev.missive.testkit.Recorder;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Those parts of L01 and R01 in which clients die: one in each group, at the same message, each at
 * another point of the copy that replaces it.
 */
public interface CrashClauses {
  private static String group(Lab lab, CrashPoint point) {
    return lab.group(point.toString());
  }

  /** Lets a client die at each point. */
  private static void crash(Lab lab, Messaging survivor, RetryPolicy policy) {
    Map<CrashPoint, Probe> probes = new EnumMap<>(CrashPoint.class);
    for (CrashPoint point : CrashPoint.values()) {
      Probe probe = lab.probe();
      probe.crashAt(point);
      probes.put(point, probe);
      consume(lab, lab.open(probe), point, builder -> builder.retry(policy), FakeHandler.failing());
    }
    lab.run("publishing", () -> survivor.producer().publish(lab.message("v")));
    probes.forEach((point, probe) -> lab.await("a crash " + point, probe::crashed));
  }

  private static Consumer consume(
      Lab lab,
      Messaging messaging,
      CrashPoint point,
      UnaryOperator<Consumer.Builder> options,
      Handler handler) {
    Consumer.Builder builder = messaging.consumer(lab.topic()).group(group(lab, point));
    return lab.started(options.apply(builder).handler(handler).build());
  }

  /** How many messages of a group are not settled yet. */
  private static long left(Lab lab, Messaging messaging, CrashPoint point) {
    Topology.Depth depth =
        lab.call(
            "measuring depth", () -> messaging.topology().depth(lab.topic(), group(lab, point)));
    return depth.waiting() + depth.inFlight();
  }

  /** What a broker may need until somebody else has what a dead client held. */
  private static Duration patience(Lab lab) {
    return lab.traits().redelivery().plus(lab.broker().readyTimeout());
  }

  /**
   * L01.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("version")
  @DisplayName(
      "L01 a client that dies at any point of a dead letter loses nothing and leaves at most two")
  default void dying_with_a_dead_letter(Lab lab) {
    Messaging survivor = lab.open();
    RetryPolicy once = Lab.QUICK.maxAttempts(1);
    crash(lab, survivor, once);
    for (CrashPoint point : CrashPoint.values()) {
      lab.await(
          "the message at its source or among the dead letters, after a crash " + point,
          () -> left(lab, survivor, point) + lab.letters(survivor, group(lab, point)) >= 1);
    }

    for (CrashPoint point : CrashPoint.values()) {
      consume(lab, survivor, point, builder -> builder.retry(once), FakeHandler.failing());
    }

    for (CrashPoint point : CrashPoint.values()) {
      lab.await(
          "a dead letter, and nothing left at the source, after a crash " + point,
          patience(lab),
          () -> left(lab, survivor, point) == 0 && lab.letters(survivor, group(lab, point)) >= 1);
      assertThat(lab.letters(survivor, group(lab, point)))
          .as("dead letters after a crash %s", point)
          .isBetween(1L, 2L);
    }
  }

  /**
   * R01.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("version")
  @DisplayName(
      "R01 a client that dies at any point of a retry loses nothing and makes no attempt too high")
  default void dying_with_a_retry(Lab lab) {
    Messaging survivor = lab.open();
    // Longer than what may wait in process, so that there is a copy.
    Duration wait = lab.traits().waitInProcess().plusMillis(200);
    crash(lab, survivor, RetryPolicy.exponential(wait, wait));

    Map<CrashPoint, Recorder> seen = new EnumMap<>(CrashPoint.class);
    for (CrashPoint point : CrashPoint.values()) {
      Recorder recorder = new Recorder();
      seen.put(point, recorder);
      consume(lab, survivor, point, builder -> builder, recorder);
    }

    Duration copied = wait.multipliedBy(2).plus(lab.traits().deferPrecision());
    seen.forEach(
        (point, recorder) ->
            lab.await(
                "a run after a crash " + point,
                copied.plus(patience(lab)),
                () -> !recorder.runs().isEmpty()));
    // Where the copy is stored it comes, and the original too if it was not acknowledged.
    lab.await(
        "the copies",
        copied.plus(patience(lab)),
        () ->
            seen.values().stream()
                    .flatMap(recorder -> recorder.runs().stream())
                    .filter(run -> run.attempt() > 1)
                    .count()
                >= 3);
    seen.forEach(
        (point, recorder) ->
            assertThat(recorder.runs())
                .as("attempts after a crash %s", point)
                .extracting(Recorder.Run::attempt)
                .isSubsetOf(1, point == CrashPoint.BEFORE_COPY ? 1 : 2));
  }
}
