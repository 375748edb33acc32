package dev.missive.testkit.contract;

import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** What a run proved about one broker. Thread-safe. */
final class Verdicts {
  /** From worst to best: of several tests of one clause that prove nothing the worst counts. */
  enum Verdict {
    FAILED,
    MISSING,
    NOT_APPLICABLE,
    REFUSED,
    PROVEN;

    String text() {
      return this == NOT_APPLICABLE ? "n/a" : name().toLowerCase(Locale.ROOT);
    }
  }

  private record Outcome(Verdict verdict, String note, long millis) {}

  /** What its tests came to, and what is to be said about it. */
  private static final class Clause {
    final Map<String, Outcome> tests = new TreeMap<>();
    final Set<String> notes = new TreeSet<>();

    /** A part that needs a control is a note; the clause stands by what was proven. */
    Verdict verdict() {
      Set<Verdict> all = EnumSet.noneOf(Verdict.class);
      tests.values().forEach(outcome -> all.add(outcome.verdict));
      if (all.contains(Verdict.FAILED)) {
        return Verdict.FAILED;
      }
      if (all.contains(Verdict.PROVEN)) {
        return Verdict.PROVEN;
      }
      return all.stream().findFirst().orElse(Verdict.MISSING);
    }

    /** Without what one leg cannot show and the same test of another one has shown. */
    List<String> notes() {
      Set<String> proven = new TreeSet<>();
      tests.forEach(
          (test, outcome) -> {
            if (outcome.verdict == Verdict.PROVEN) {
              proven.add(method(test));
            }
          });
      Set<String> all = new TreeSet<>(notes);
      tests.forEach(
          (test, outcome) -> {
            boolean elsewhere =
                outcome.verdict == Verdict.NOT_APPLICABLE && proven.contains(method(test));
            if (!outcome.note.isEmpty() && !elsewhere) {
              all.add(outcome.note);
            }
          });
      return List.copyOf(all);
    }

    /** What comes behind the class in JUnit's unique id. */
    private static String method(String test) {
      return test.substring(test.lastIndexOf('[') + 1);
    }

    long millis() {
      return tests.values().stream().mapToLong(Outcome::millis).sum();
    }
  }

  private final Object lock = new Object();
  private final Map<String, Clause> clauses = new TreeMap<>();
  private final Set<String> versions = new TreeSet<>();

  /** A test of a clause ended. One that has run before counts as it ended this time. */
  void add(String id, String test, Verdict verdict, String note, long millis) {
    synchronized (lock) {
      clause(id).tests.put(test, new Outcome(verdict, note, Math.max(1, millis)));
    }
  }

  private Clause clause(String id) {
    return clauses.computeIfAbsent(id, any -> new Clause());
  }

  /** A test gave up; its message begins with why. */
  void aborted(String id, String test, String message, long millis) {
    String reason = message.replaceFirst("^Assumption failed: ", "");
    Verdict verdict =
        reason.startsWith("refused:")
            ? Verdict.REFUSED
            : reason.startsWith("n/a:") ? Verdict.NOT_APPLICABLE : Verdict.MISSING;
    add(id, test, verdict, reason, millis);
  }

  void note(String id, String note) {
    synchronized (lock) {
      clause(id).notes.add(note);
    }
  }

  void version(String text) {
    synchronized (lock) {
      versions.add(text);
    }
  }

  void addAll(Verdicts others) {
    synchronized (lock) {
      others.clauses.forEach(
          (id, clause) -> {
            clause(id).tests.putAll(clause.tests);
            clause(id).notes.addAll(clause.notes);
          });
    }
  }

  int size() {
    synchronized (lock) {
      return clauses.size();
    }
  }

  boolean has(String id) {
    synchronized (lock) {
      return clauses.containsKey(id);
    }
  }

  /** All versions that were tested, separated by commas. */
  String version() {
    synchronized (lock) {
      return String.join(", ", versions);
    }
  }

  Verdict verdict(String id) {
    synchronized (lock) {
      Clause clause = clauses.get(id);
      return clause == null ? Verdict.MISSING : clause.verdict();
    }
  }

  List<String> notes(String id) {
    synchronized (lock) {
      Clause clause = clauses.get(id);
      return clause == null ? List.of() : clause.notes();
    }
  }

  long millis(String id) {
    synchronized (lock) {
      Clause clause = clauses.get(id);
      return clause == null ? 0 : clause.millis();
    }
  }
}
