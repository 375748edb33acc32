package dev.missive.conformance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/**
 * Writes which clauses of docs/contract.md a run proved, as JSON and Markdown. A clause is what a
 * test's display name starts with; one without a test is {@code missing}.
 */
public final class ConformanceReport implements TestExecutionListener {
  private static final Pattern IDS = Pattern.compile("^((?:[A-Z]{1,2}\\d\\d )+)");
  private static final Pattern CLAUSE =
      Pattern.compile("^- ([A-Z]{1,2}\\d\\d) ([a-z]+)[^:]*: (.*)$", Pattern.MULTILINE);
  private static final int SHOWN = 100;

  private final Map<String, String> verdicts = new ConcurrentHashMap<>();

  @Override
  public void executionFinished(TestIdentifier test, TestExecutionResult result) {
    Matcher ids = IDS.matcher(test.getDisplayName());
    if (!test.isTest() || !ids.find()) {
      return;
    }
    boolean proven = result.getStatus() == TestExecutionResult.Status.SUCCESSFUL;
    for (String id : ids.group(1).trim().split(" ")) {
      verdicts.merge(id, proven ? "proven" : "failed", (a, b) -> a.equals("failed") ? a : b);
    }
  }

  @Override
  public void testPlanExecutionFinished(TestPlan plan) {
    // A run of single tests proves nothing about the rest.
    if (verdicts.size() < 2) {
      return;
    }
    try {
      write();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void write() throws IOException {
    Path here = Path.of("").toAbsolutePath();
    Path root = Files.exists(here.resolve("docs/contract.md")) ? here : here.getParent();
    Map<String, String> clauses = new LinkedHashMap<>();
    Matcher matcher = CLAUSE.matcher(Files.readString(root.resolve("docs/contract.md")));
    List<String> later = new ArrayList<>();
    while (matcher.find()) {
      if (matcher.group(2).equals("later")) {
        later.add(matcher.group(1));
      } else {
        clauses.put(matcher.group(1), matcher.group(3));
      }
    }
    Map<String, String> all = new TreeMap<>();
    clauses.keySet().forEach(id -> all.put(id, verdicts.getOrDefault(id, "missing")));
    Path target = root.resolve("conformance/target");
    Files.createDirectories(target);
    Files.writeString(target.resolve("conformance.json"), json(all));
    Files.writeString(target.resolve("conformance.md"), markdown(clauses, all));
  }

  private static String json(Map<String, String> all) {
    List<String> lines = new ArrayList<>();
    all.forEach(
        (id, verdict) ->
            lines.add("    {\"clause\": \"" + id + "\", \"verdict\": \"" + verdict + "\"}"));
    return "{\n  \"broker\": \"memory\",\n  \"version\": \"1\",\n  \"clauses\": [\n"
        + String.join(",\n", lines)
        + "\n  ]\n}\n";
  }

  private static String markdown(Map<String, String> clauses, Map<String, String> all) {
    StringBuilder table = new StringBuilder("| clause | memory | promise |\n|---|---|---|\n");
    clauses.forEach(
        (id, promise) -> {
          String text = promise.length() > SHOWN ? promise.substring(0, SHOWN) + " …" : promise;
          table
              .append("| ")
              .append(id)
              .append(" | ")
              .append(all.get(id))
              .append(" | ")
              .append(text.replace("|", "\\|"))
              .append(" |\n");
        });
    long proven = all.values().stream().filter("proven"::equals).count();
    return table
        + "\n"
        + proven
        + " of "
        + all.size()
        + " clauses proven on the in-memory broker; the others are missing\n";
  }
}
