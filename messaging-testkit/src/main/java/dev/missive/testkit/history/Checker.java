package dev.missive.testkit.history;

import dev.missive.testkit.history.History.Fate;
import dev.missive.testkit.history.History.Run;
import dev.missive.testkit.history.History.Sent;
import dev.missive.testkit.history.Violation.Kind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** One check of one history. Confined to one thread. */
final class Checker {
  private final List<Violation> found = new ArrayList<>();
  private final Map<String, Integer> places = new HashMap<>();
  private final Map<String, String> keys = new HashMap<>();
  private final Map<String, Fate> fates = new LinkedHashMap<>();
  private final History.Rules rules;
  private final List<Run> runs;

  Checker(History.Rules rules, List<Sent> sent, List<History.Settled> settled, List<Run> runs) {
    this.rules = rules;
    this.runs = runs;
    for (Sent message : sent) {
      // Published twice, the first time counts: a resend may come again, not earlier.
      places.putIfAbsent(message.id(), places.size());
      fates.putIfAbsent(message.id(), Fate.OPEN);
      if (message.key() != null) {
        keys.put(message.id(), message.key());
      }
    }
    for (History.Settled one : settled) {
      // Stored once is stored, whatever a second publish of the id came to.
      fates.merge(one.id(), one.fate(), (a, b) -> a == Fate.STORED ? a : b);
    }
  }

  List<Violation> check() {
    rules.groups().forEach(this::check);
    return found;
  }

  private void check(String group) {
    Map<String, List<Run>> byId = new LinkedHashMap<>();
    for (Run run : runs) {
      if (run.group().equals(group)) {
        byId.computeIfAbsent(run.id(), id -> new ArrayList<>()).add(run);
      }
    }
    lost(group, byId);
    byId.forEach(
        (id, all) -> {
          phantom(group, id);
          attempts(group, id, all);
          duplicates(group, id, all);
        });
    if (rules.ordered()) {
      order(group, byId);
    }
  }

  private void lost(String group, Map<String, List<Run>> byId) {
    fates.forEach(
        (id, fate) -> {
          if (fate == Fate.STORED && !byId.containsKey(id)) {
            add(Kind.LOST, group, id, "it was stored and never handled");
          }
        });
  }

  private void phantom(String group, String id) {
    Fate fate = fates.get(id);
    if (fate == null) {
      add(Kind.PHANTOM, group, id, "it was handled, and nobody published it");
    } else if (fate == Fate.REFUSED) {
      add(Kind.PHANTOM, group, id, "it was handled, and its publish had failed NOT_STORED");
    }
  }

  /**
   * An attempt counts the failed runs before it: they explain it or it is wrong. A failed run that
   * the next one does not count is lost, which only a fault explains.
   */
  private void attempts(String group, String id, List<Run> all) {
    int uncounted = 0;
    for (int i = 0; i < all.size(); i++) {
      int attempt = all.get(i).attempt();
      if (attempt < 1 || attempt > i + 1) {
        wrongAttempt(group, id, "attempt " + attempt + " came after " + i + " runs");
        return;
      }
      Run before = i == 0 ? null : all.get(i - 1);
      if (before != null && before.failed() && attempt <= before.attempt()) {
        uncounted++;
        if (uncounted > rules.duplicates()) {
          String text = "attempt " + attempt + " came after attempt " + before.attempt();
          wrongAttempt(group, id, text + " had failed");
          return;
        }
      }
    }
  }

  private void wrongAttempt(String group, String id, String text) {
    add(Kind.WRONG_ATTEMPT, group, id, text);
  }

  private void duplicates(String group, String id, List<Run> all) {
    long failed = all.stream().filter(Run::failed).count();
    long last = all.get(all.size() - 1).failed() ? 1 : 0;
    long extra = all.size() - 1 - (failed - last);
    if (extra > rules.duplicates()) {
      String text =
          all.size()
              + " runs, "
              + failed
              + " of them failed: "
              + extra
              + " more than needed, "
              + rules.duplicates()
              + " are allowed";
      add(Kind.DUPLICATED, group, id, text);
    }
  }

  /**
   * First runs only: what comes again comes when it comes. And only what has a receipt: nobody
   * knows when the rest was stored.
   */
  private void order(String group, Map<String, List<Run>> byId) {
    Map<String, String> latest = new HashMap<>();
    for (String id : byId.keySet()) {
      String key = keys.get(id);
      Integer place = places.get(id);
      if (key == null || place == null || fates.get(id) != Fate.STORED) {
        continue;
      }
      String before = latest.get(key);
      Integer placeBefore = before == null ? null : places.get(before);
      if (placeBefore != null && place < placeBefore) {
        add(Kind.REORDERED, group, id, "it was handled after " + before + ", published later");
      } else {
        latest.put(key, id);
      }
    }
  }

  private void add(Kind kind, String group, String id, String text) {
    found.add(new Violation(kind, group, id, text));
  }
}
