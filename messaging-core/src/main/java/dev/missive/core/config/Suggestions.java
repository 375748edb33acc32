package dev.missive.core.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** Guesses what somebody meant. */
public final class Suggestions {
  private Suggestions() {}

  /**
   * Finds the most similar name.
   *
   * @param wrong what was written
   * @param known what it may have meant
   * @return empty if none is similar enough
   */
  public static Optional<String> closest(String wrong, Collection<String> known) {
    int tolerance = Math.max(2, wrong.length() / 4);
    return known.stream()
        .filter(name -> distance(wrong, name) <= tolerance)
        .min(
            Comparator.<String>comparingInt(name -> distance(wrong, name))
                .thenComparing(Comparator.naturalOrder()));
  }

  /** Levenshtein's edit distance. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.length()];
  }
}
