package dev.missive.spikes.kafka;

import java.util.TreeSet;

/** Ranges as text: {@code 3-5,9-9}. */
final class Ranges {
  private Ranges() {}

  static TreeSet<Long> parse(String text) {
    TreeSet<Long> all = new TreeSet<>();
    for (String range : text.isEmpty() ? new String[0] : text.split(",")) {
      String[] ends = range.split("-");
      for (long i = Long.parseLong(ends[0]); i <= Long.parseLong(ends[1]); i++) all.add(i);
    }
    return all;
  }

  static String print(TreeSet<Long> all) {
    StringBuilder text = new StringBuilder();
    long from = -2;
    long to = -2;
    for (long at : all) {
      if (at != to + 1) {
        if (to >= 0) text.append(from).append('-').append(to).append(',');
        from = at;
      }
      to = at;
    }
    return to < 0 ? "" : text.append(from).append('-').append(to).toString();
  }
}
