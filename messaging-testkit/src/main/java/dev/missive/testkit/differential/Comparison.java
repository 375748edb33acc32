package dev.missive.testkit.differential;

import dev.missive.DeadLetters;
import dev.missive.testkit.differential.Script.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Predicate;

/** Plays scripts on both sides and finds where they differ. Confined to one thread. */
final class Comparison {
  private static final int AT_ONCE = 8;
  private static final int REPEATS = 3;
  private static final int SHRINKING_PLAYS = 200;

  /** While shrinking, what is lost need not be waited for as long as a broker may take. */
  private static final Duration IDLE = Duration.ofSeconds(1);

  private final Side reference;
  private final Side other;
  private final Tally tally = new Tally();

  Comparison(Side reference, Side other) {
    this.reference = reference;
    this.other = other;
  }

  DifferentialReport run(long seed, int count, int length, int least) {
    Set<Operation> possible = reference.possible();
    possible.retainAll(other.possible());
    expect(possible);
    ScriptWriter writer = new ScriptWriter(seed, kinds(possible), possible);
    List<Script> scripts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      scripts.add(writer.write(i, length));
    }
    Map<Integer, Divergence> found = new ConcurrentSkipListMap<>();
    // A cut is felt by everything that is played at the same time.
    for (boolean faulty : new boolean[] {false, true}) {
      play(scripts.stream().filter(s -> (s.kind() == Kind.FAULTY) == faulty).toList(), found);
    }
    Optional<Divergence> first =
        found.entrySet().stream()
            .findFirst()
            .map(entry -> shrunk(scripts.get(entry.getKey()), entry.getValue()));
    return new DifferentialReport(
        reference.name(), other.name(), seed, count, found.size(), first, tally.counts(), least);
  }

  private List<Kind> kinds(Set<Operation> possible) {
    // Most operations occur in the last two kinds alone.
    List<Kind> kinds = new ArrayList<>(Arrays.asList(Kind.values()));
    kinds.add(Kind.LIVELY);
    kinds.add(Kind.FAULTY);
    if (!reference.keepsOrderOverRetries() || !other.keepsOrderOverRetries()) {
      kinds.removeIf(Kind.ORDERED::equals);
    }
    if (!possible.contains(Operation.CUT)) {
      kinds.removeIf(Kind.FAULTY::equals);
    }
    return kinds;
  }

  /** What does not occur at all is to be seen too. */
  private void expect(Set<Operation> possible) {
    possible.forEach(operation -> tally.add(counted(operation), 0));
    for (Reaction reaction : Reaction.values()) {
      tally.add("outcome " + reaction, 0);
    }
    for (DeadLetters.Reason reason : Reaction.reasons()) {
      tally.add("fate dead-lettered: " + reason.text(), 0);
    }
    List.of("handled", "dropped", "redriven").forEach(fate -> tally.add("fate " + fate, 0));
    if (possible.contains(Operation.PUBLISH_EXPIRED)) {
      tally.add("fate expired", 0);
    }
  }

  private static String counted(Operation operation) {
    return (operation == Operation.CUT ? "fault " : "operation ") + operation;
  }

  private void play(List<Script> scripts, Map<Integer, Divergence> found) {
    ExecutorService players = Executors.newFixedThreadPool(AT_ONCE);
    try {
      List<Future<?>> played = new ArrayList<>();
      for (Script script : scripts) {
        played.add(players.submit(() -> play(script, found)));
      }
      for (Future<?> each : played) {
        each.get();
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException("a script could not be played", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while scripts were played", e);
    } finally {
      players.shutdownNow();
    }
  }

  private void play(Script script, Map<Integer, Divergence> found) {
    Trace expected = reference.play(script);
    script.steps().forEach(step -> tally.add(counted(step.operation()), 1));
    expected.count(tally);
    difference(script, expected, other.play(script))
        .ifPresent(divergence -> found.put(script.number(), divergence));
  }

  private static Optional<Divergence> difference(Script script, Trace expected, Trace actual) {
    if (expected.failure().isPresent() || actual.failure().isPresent()) {
      // Also where both fail: then there is nothing to compare.
      return Optional.of(new Divergence("the end", end(expected), end(actual), script.toString()));
    }
    Map<String, String> left = expected.facts();
    Map<String, String> right = actual.facts();
    Set<String> subjects = new LinkedHashSet<>(left.keySet());
    subjects.addAll(right.keySet());
    for (String subject : subjects) {
      String should = left.getOrDefault(subject, "nothing");
      String is = right.getOrDefault(subject, "nothing");
      if (!should.equals(is)) {
        return Optional.of(new Divergence(subject, should, is, script.toString()));
      }
    }
    return Optional.empty();
  }

  private static String end(Trace trace) {
    return trace.failure().map(why -> "failed with " + why).orElse("reached");
  }

  /**
   * The divergence of the shortest script that shows one; the one that was found if it does not
   * come again.
   */
  private Divergence shrunk(Script script, Divergence found) {
    Divergence[] least = {found};
    Predicate<List<Step>> shows =
        steps -> {
          Script shorter = script.with(steps);
          Optional<Divergence> divergence =
              difference(shorter, reference.play(shorter, IDLE), other.play(shorter, IDLE));
          divergence.ifPresent(shown -> least[0] = shown);
          return divergence.isPresent();
        };
    boolean again = false;
    for (int i = 0; i < REPEATS && !again; i++) {
      again = shows.test(script.steps());
    }
    if (again) {
      new Shrinker(shows, SHRINKING_PLAYS).shrink(script.steps());
    }
    return least[0];
  }
}
