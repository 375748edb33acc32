package dev.missive.testkit.differential;

import dev.missive.DeadLetters;
import dev.missive.testkit.differential.Script.Kind;
import dev.missive.testkit.differential.Step.Draft;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What one broker made of a script: noted while it is played, compared afterwards. Thread-safe. */
final class Trace {
  /** Where attempts get lost a message would fail for ever. */
  private static final int MOST_RUNS = 10;

  /** After cuts there may be many copies. */
  private static final int MOST_RUNS_AFTER_CUTS = 60;

  /** A run of a message, in the order in which runs began. */
  private record Run(String message, int life, int attempt, Reaction reaction) {
    /** Whether none follows it in its life. */
    boolean last() {
      return !reaction.again() || attempt >= ScriptWriter.MAX_ATTEMPTS;
    }
  }

  private final Object lock = new Object();
  private final Script script;
  private final List<Run> runs = new ArrayList<>();
  private final List<Draft> due = new ArrayList<>();
  private final Map<String, Integer> lives = new HashMap<>();
  private final Map<String, Set<String>> letters = new HashMap<>();
  private final List<String> redriven = new ArrayList<>();
  private final List<String> events = new ArrayList<>();
  private @Nullable Throwable failure;

  Trace(Script script) {
    this.script = script;
  }

  // ---- while it is played

  /** A message was published that has to be handled. */
  void published(Draft draft) {
    synchronized (lock) {
      due.add(draft);
    }
  }

  /** A run begins; gives what the handler shall do. */
  Reaction run(String message, int attempt) {
    synchronized (lock) {
      int life = lives.getOrDefault(message, 0);
      Reaction reaction = reaction(message, life, attempt);
      runs.add(new Run(message, life, attempt, reaction));
      return reaction;
    }
  }

  private Reaction reaction(String message, int life, int attempt) {
    long before =
        runs.stream().filter(run -> run.message.equals(message) && run.life == life).count();
    int most = script.kind() == Kind.FAULTY ? MOST_RUNS_AFTER_CUTS : MOST_RUNS;
    if (attempt < 1 || before >= most) {
      return Reaction.HANDLE;
    }
    List<Reaction> planned =
        draft(message).map(draft -> draft.life(life)).orElse(List.of(Reaction.HANDLE));
    return attempt > planned.size() ? Reaction.HANDLE : planned.get(attempt - 1);
  }

  /** A dead letter goes back: its attempts begin anew. */
  void redriven(String message, DeadLetters.Letter letter) {
    synchronized (lock) {
      lives.merge(message, 1, Integer::sum);
      redriven.add(reason(letter));
    }
  }

  /** Something else that both brokers must do alike. */
  void event(String what) {
    synchronized (lock) {
      events.add(what);
    }
  }

  /** It could not be played to its end. */
  void failed(Throwable why) {
    synchronized (lock) {
      failure = why;
    }
  }

  /** A dead letter that is there in the end. */
  void letter(String message, DeadLetters.Letter letter) {
    String text =
        reason(letter) + (script.kind() == Kind.FAULTY ? "" : " after run " + letter.attempts());
    synchronized (lock) {
      letters.computeIfAbsent(message, name -> new TreeSet<>()).add(text);
    }
  }

  /** Whether each message that has to be handled has had the last run of its life. */
  boolean complete() {
    synchronized (lock) {
      return due.stream().allMatch(draft -> last(draft).isPresent());
    }
  }

  /** How many messages must be among the dead letters once all is complete. */
  long lettersExpected() {
    synchronized (lock) {
      return due.stream()
          .flatMap(draft -> last(draft).stream())
          .filter(run -> run.reaction.deadLetter() != null)
          .count();
    }
  }

  private Optional<Run> last(Draft draft) {
    int life = lives.getOrDefault(draft.name(), 0);
    return runs.stream()
        .filter(run -> run.message.equals(draft.name()) && run.life == life && run.last())
        .findFirst();
  }

  // ---- afterwards

  private static String reason(DeadLetters.Letter letter) {
    DeadLetters.Reason reason = letter.reason();
    return reason == null ? "no reason" : reason.text();
  }

  /** Why it could not be played to its end; empty if it was. */
  Optional<Throwable> failure() {
    synchronized (lock) {
      return Optional.ofNullable(failure);
    }
  }

  /** What is compared, by its subject. */
  Map<String, String> facts() {
    synchronized (lock) {
      Map<String, String> facts = new LinkedHashMap<>();
      for (Draft draft : script.drafts()) {
        facts.put("message " + draft.name(), runsOf(draft.name()) + fate(draft.name()));
      }
      if (script.kind() == Kind.ORDERED || script.kind() == Kind.CALM) {
        orders().forEach((key, order) -> facts.put("order of key " + key, order));
      }
      Set<String> unknown = new TreeSet<>(letters.keySet());
      runs.forEach(run -> unknown.add(run.message));
      unknown.removeIf(name -> draft(name).isPresent());
      facts.put("messages that nobody published", unknown.toString());
      facts.put("events", events.toString());
      return facts;
    }
  }

  /** The attempts of each life; after faults they may be repeated. */
  private String runsOf(String message) {
    if (script.kind() == Kind.FAULTY) {
      return "";
    }
    Map<Integer, List<String>> attempts = new TreeMap<>();
    runs.stream()
        .filter(run -> run.message.equals(message))
        .forEach(
            run ->
                attempts
                    .computeIfAbsent(run.life, life -> new ArrayList<>())
                    .add("" + run.attempt));
    return attempts.values().stream()
        .map(life -> "runs " + String.join(" ", life) + ", ")
        .collect(Collectors.joining("redriven, "));
  }

  private String fate(String message) {
    Set<String> reasons = letters.get(message);
    if (reasons != null) {
      return "dead-lettered: " + String.join(" and ", reasons);
    }
    List<Run> all = runs.stream().filter(run -> run.message.equals(message)).toList();
    if (all.isEmpty()) {
      return "never run";
    }
    // After a cut a copy may fail that nobody needs any more.
    Optional<Run> last = all.stream().filter(Run::last).reduce((first, second) -> second);
    if (last.isEmpty()) {
      return "its last run did not come";
    }
    return switch (last.get().reaction) {
      case HANDLE -> "handled";
      case DROP -> "dropped";
      default -> "its dead letter is missing";
    };
  }

  /** First lives alone, and without what was delayed: that joins its key when it is due. */
  private Map<String, String> orders() {
    Set<String> ordered =
        script.steps().stream()
            .filter(step -> step.operation() != Operation.PUBLISH_DELAYED)
            .map(Step::draft)
            .filter(draft -> draft != null)
            .map(Draft::name)
            .collect(Collectors.toSet());
    Map<String, StringBuilder> orders = new TreeMap<>();
    for (Run run : runs) {
      boolean counts = script.kind() == Kind.ORDERED || run.attempt == 1;
      if (run.life == 0 && counts && ordered.contains(run.message)) {
        String key = draft(run.message).map(Draft::key).orElse("");
        orders
            .computeIfAbsent(key, name -> new StringBuilder())
            .append(run.message)
            .append('#')
            .append(run.attempt)
            .append(' ');
      }
    }
    Map<String, String> texts = new TreeMap<>();
    orders.forEach((key, order) -> texts.put(key, order.toString().strip()));
    return texts;
  }

  private Optional<Draft> draft(String message) {
    return script.drafts().stream().filter(draft -> draft.name().equals(message)).findFirst();
  }

  /** Counts what happened: how handlers reacted, and what became of each message. */
  void count(Tally tally) {
    synchronized (lock) {
      runs.forEach(run -> tally.add("outcome " + run.reaction, 1));
      script.drafts().forEach(draft -> tally.add("fate " + fateOf(draft.name()), 1));
      redriven.forEach(reason -> tally.add("fate dead-lettered: " + reason, 1));
      tally.add("fate redriven", redriven.size());
    }
  }

  private String fateOf(String message) {
    return fate(message).replaceFirst(" after run.*", "").replace("never run", "expired");
  }
}
