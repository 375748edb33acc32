package dev.missive.benchmarks;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Lets two sides do the same, one right after the other, over and over; who begins alternates.
 * Stops at the first pair in which a side did not do what it was to do.
 */
final class Contest {
  private final String name;
  private final Load load;
  private final PrintStream progress;

  /**
   * Makes one.
   *
   * @param name for whoever waits
   * @param progress told about each pair
   */
  Contest(String name, Load load, PrintStream progress) {
    this.name = name;
    this.load = load;
    this.progress = progress;
  }

  /** The lines of the table. */
  List<Row> run(Side raw, Side missive, List<Scenario> scenarios) throws InterruptedException {
    Map<Scenario, Comparison> comparisons = new LinkedHashMap<>();
    scenarios.forEach(scenario -> comparisons.put(scenario, new Comparison(scenario)));
    boolean good = true;
    for (int pair = -load.warmUps(); good && pair < load.pairs(); pair++) {
      List<String> latest = new ArrayList<>();
      for (Map.Entry<Scenario, Comparison> each : comparisons.entrySet()) {
        good = good && pair(each.getKey(), each.getValue(), raw, missive, pair);
        latest.add(each.getValue().latest());
      }
      latest.removeIf(String::isEmpty);
      progress.println(
          name
              + ": "
              + (pair < 0
                  ? "warm-up " + (pair + load.warmUps() + 1) + " of " + load.warmUps()
                  : "pair " + (pair + 1) + " of " + load.pairs())
              + (latest.isEmpty() ? "" : ": " + String.join(", ", latest)));
    }
    List<Row> rows = new ArrayList<>();
    comparisons.values().forEach(comparison -> rows.addAll(comparison.rows()));
    return rows;
  }

  private boolean pair(Scenario scenario, Comparison comparison, Side raw, Side missive, int pair)
      throws InterruptedException {
    boolean rawFirst = pair % 2 == 0;
    Sample first = sample(scenario, rawFirst ? raw : missive);
    Sample second = sample(scenario, rawFirst ? missive : raw);
    Sample ofRaw = rawFirst ? first : second;
    Sample ofMissive = rawFirst ? second : first;
    if (ofRaw.problem() != null || ofMissive.problem() != null) {
      String why =
          ofRaw.problem() != null ? "raw: " + ofRaw.problem() : "Missive: " + ofMissive.problem();
      comparison.fail(why);
      progress.println(name + ": " + scenario.name() + " FAILED, " + why);
      return false;
    }
    if (pair >= 0) {
      comparison.add(ofRaw, ofMissive);
    }
    return true;
  }

  private static Sample sample(Scenario scenario, Side side) throws InterruptedException {
    // What the other side left behind is not to be collected at this one's cost.
    System.gc();
    try {
      return scenario.job().run(side);
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      return Sample.failed(e.toString());
    }
  }
}
