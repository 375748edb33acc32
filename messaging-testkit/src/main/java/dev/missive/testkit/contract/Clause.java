package dev.missive.testkit.contract;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One line of docs/contract.md, which is the only list of clauses there is.
 *
 * @param id what the display names of its tests start with
 * @param level {@code app}, {@code spi}, {@code fault}, or {@code later} for one that nobody tests
 *     yet
 * @param part {@code A} for adapters, {@code B} for the runtime, {@code C} for the kit; empty for
 *     those of later
 * @param promise its text
 * @since 0.1
 */
public record Clause(String id, String level, String part, String promise) {
  private static final Pattern PART = Pattern.compile("## (?:Part ([A-Z]):)?.*");
  private static final Pattern CLAUSE = Pattern.compile("- ([A-Z]{1,2}\\d\\d) ([a-z]+)[^:]*: (.*)");
  private static final Pattern IDS = Pattern.compile("^((?:[A-Z]{1,2}\\d\\d )+)");

  /**
   * All clauses.
   *
   * @return in the order of docs/contract.md
   */
  public static List<Clause> all() {
    List<Clause> clauses = new ArrayList<>();
    String part = "";
    for (String line : text().lines().toList()) {
      Matcher heading = PART.matcher(line);
      Matcher clause = CLAUSE.matcher(line);
      if (heading.matches()) {
        String letter = heading.group(1);
        part = letter == null ? "" : letter;
      } else if (clause.matches()) {
        clauses.add(new Clause(clause.group(1), clause.group(2), part, clause.group(3)));
      }
    }
    return List.copyOf(clauses);
  }

  /**
   * The clauses that a test is about.
   *
   * @param displayName of the test
   * @return the ids it starts with, empty if there are none; not checked against {@link #all()}
   */
  public static List<String> idsOf(String displayName) {
    Matcher ids = IDS.matcher(displayName);
    return ids.find() ? List.of(ids.group(1).strip().split(" ")) : List.of();
  }

  private static String text() {
    try (InputStream file = Clause.class.getResourceAsStream("contract.md")) {
      byte[] bytes = requireNonNull(file, "contract.md in the jar of the testkit").readAllBytes();
      return new String(bytes, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("the list of clauses cannot be read", e);
    }
  }
}
