package dev.missive.testkit.contract;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** What a run proved about one broker. Thread-safe. */
final class Verdicts {
  /** From worst to best: several tests of one clause count as the worst of them. */
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

  private record Clause(Verdict verdict, Set<String> notes, long millis) {}

  private final Object lock = new Object();
  private final Map<String, Clause> clauses = new TreeMap<>();
  private final Set<String> versions = new TreeSet<>();

  /** One test of a clause ended. */
  void add(String id, Verdict verdict, String note, long millis) {
    synchronized (lock) {
      Clause before = clauses.getOrDefault(id, new Clause(verdict, Set.of(), 0));
      Set<String> notes = new TreeSet<>(before.notes);
      // A part that needs a control is a note; the clause stands by what was proven.
      boolean partly = before.millis > 0 && isProof(before.verdict) != isProof(verdict);
      Verdict sum = partly ? partly(before.verdict, verdict) : worse(before.verdict, verdict);
      if (!note.isEmpty()) {
        notes.add(note);
      }
      clauses.put(id, new Clause(sum, notes, before.millis + Math.max(1, millis)));
    }
  }

  private static boolean isProof(Verdict verdict) {
    return verdict == Verdict.PROVEN || verdict == Verdict.FAILED;
  }

  private static Verdict partly(Verdict a, Verdict b) {
    return isProof(a) ? a : b;
  }

  private static Verdict worse(Verdict a, Verdict b) {
    return a.compareTo(b) < 0 ? a : b;
  }

  /** A test gave up; its message begins with why. */
  void aborted(String id, String message, long millis) {
    String reason = message.replaceFirst("^Assumption failed: ", "");
    Verdict verdict =
        reason.startsWith("refused:")
            ? Verdict.REFUSED
            : reason.startsWith("n/a:") ? Verdict.NOT_APPLICABLE : Verdict.MISSING;
    add(id, verdict, reason, millis);
  }

  void note(String id, String note) {
    synchronized (lock) {
      Clause before = clauses.get(id);
      Set<String> notes = new TreeSet<>(before == null ? Set.of() : before.notes);
      notes.add(note);
      clauses.put(
          id,
          before == null
              ? new Clause(Verdict.PROVEN, notes, 0)
              : new Clause(before.verdict, notes, before.millis));
    }
  }

  void version(String text) {
    synchronized (lock) {
      versions.add(text);
    }
  }

  void addAll(Verdicts others) {
    others.clauses.forEach(
        (id, clause) -> {
          add(id, clause.verdict, "", clause.millis);
          clause.notes.forEach(note -> note(id, note));
        });
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
      return clause == null || clause.millis == 0 ? Verdict.MISSING : clause.verdict;
    }
  }

  List<String> notes(String id) {
    synchronized (lock) {
      Clause clause = clauses.get(id);
      return clause == null ? List.of() : List.copyOf(clause.notes);
    }
  }

  long millis(String id) {
    synchronized (lock) {
      Clause clause = clauses.get(id);
      return clause == null ? 0 : clause.millis;
    }
  }
}
