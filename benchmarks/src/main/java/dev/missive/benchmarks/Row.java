package dev.missive.benchmarks;

/**
 * One line of the table.
 *
 * @param what what was done
 * @param unit what the figures are
 * @param raw the median of the raw side; empty where there is none
 * @param missive the median of Missive
 * @param compared the median of what the pairs show: a ratio, or what Missive has more
 * @param quartiles the middle half of the pairs
 * @param aim what was to be reached and whether it was; empty where there is no aim
 * @param failed whether it is no measurement because messages were lost, repeated or refused
 */
record Row(
    String what,
    String unit,
    String raw,
    String missive,
    String compared,
    String quartiles,
    String aim,
    boolean failed) {

  static Row failed(String what, String unit, String why) {
    return new Row(what, unit, "", "", "FAILED", why, "", true);
  }

  String markdown() {
    return "| "
        + String.join(" | ", what, unit, raw, missive, compared, quartiles, aim).replace("\n", " ")
        + " |";
  }
}
