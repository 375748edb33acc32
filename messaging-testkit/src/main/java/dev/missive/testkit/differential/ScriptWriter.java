package dev.missive.testkit.differential;

import dev.missive.testkit.differential.Script.Kind;
import dev.missive.testkit.differential.Step.Draft;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/** Writes scripts by a seed: the same ones for the same seed. Confined to one thread. */
final class ScriptWriter {
  static final int MAX_ATTEMPTS = 3;
  private static final int KEYS = 4;
  private static final int LIVES = 3;

  private final Random random;
  private final List<Kind> kinds;

  /** For each kind, in the same order. */
  private final List<Deck<Operation>> operations = new ArrayList<>();

  private final Deck<Integer> failures;
  private final Deck<Reaction> failing;
  private final Deck<Reaction> last;

  /**
   * Makes one.
   *
   * @param seed what follows from it
   * @param kinds of scripts, in turn
   * @param possible what both brokers can do
   */
  ScriptWriter(long seed, List<Kind> kinds, Set<Operation> possible) {
    this.random = new Random(seed);
    this.kinds = List.copyOf(kinds);
    for (Kind kind : kinds) {
      operations.add(operations(kind, possible));
    }
    failures = new Deck<Integer>(random).with(8, 0).with(3, 1).with(2, 2).with(3, MAX_ATTEMPTS);
    failing =
        new Deck<Reaction>(random)
            .with(2, Reaction.FAIL)
            .with(1, Reaction.RETRY)
            .with(1, Reaction.RETRY_AFTER);
    last =
        new Deck<Reaction>(random)
            .with(6, Reaction.HANDLE)
            .with(2, Reaction.NOT_RETRYABLE)
            .with(2, Reaction.REJECT)
            .with(2, Reaction.DROP);
  }

  private Deck<Operation> operations(Kind kind, Set<Operation> possible) {
    Map<Operation, Integer> weights = new EnumMap<>(Operation.class);
    weights.put(Operation.PUBLISH, 20);
    weights.put(Operation.PUBLISH_DELAYED, 6);
    weights.put(Operation.PUBLISH_LASTING, 6);
    weights.put(Operation.PUBLISH_EXPIRED, 6);
    if (kind == Kind.LIVELY || kind == Kind.FAULTY) {
      // Every second one of these is START, or RESUME.
      weights.put(Operation.STOP, 16);
      weights.put(Operation.PAUSE, 18);
      weights.put(Operation.RESTART, 14);
    }
    if (kind == Kind.FAULTY) {
      weights.put(Operation.CUT, 17);
    } else {
      weights.put(Operation.REDRIVE, 5);
    }
    Deck<Operation> deck = new Deck<>(random);
    weights.forEach(
        (operation, weight) -> {
          if (possible.contains(operation)) {
            deck.with(weight, operation);
          }
        });
    return deck;
  }

  /** The next script. */
  Script write(int number, int length) {
    Kind kind = kinds.get(number % kinds.size());
    Deck<Operation> deck = operations.get(number % kinds.size());
    List<Step> steps = new ArrayList<>();
    boolean stopped = false;
    boolean paused = false;
    for (int i = 0; i < length; i++) {
      Operation operation = deck.draw();
      if (stopped && (operation == Operation.STOP || operation == Operation.RESTART)) {
        operation = Operation.START;
        stopped = false;
      } else if (operation == Operation.STOP) {
        stopped = true;
      } else if (operation == Operation.PAUSE) {
        operation = paused ? Operation.RESUME : Operation.PAUSE;
        paused = !paused;
      } else if (operation == Operation.REDRIVE) {
        stopped = false;
        paused = false;
      }
      steps.add(new Step(operation, operation.publishes() ? draft(i) : null));
    }
    return new Script(number, kind, steps);
  }

  private Draft draft(int number) {
    List<List<Reaction>> lives = new ArrayList<>();
    for (int life = 0; life < LIVES; life++) {
      List<Reaction> runs = new ArrayList<>();
      int failed = failures.draw();
      for (int i = 0; i < failed; i++) {
        runs.add(failing.draw());
      }
      if (failed < MAX_ATTEMPTS) {
        runs.add(last.draw());
      }
      lives.add(List.copyOf(runs));
      if (runs.get(runs.size() - 1).deadLetter() == null) {
        break;
      }
    }
    return new Draft("m" + number, "k" + random.nextInt(KEYS), List.copyOf(lives));
  }
}
