package dev.missive.benchmarks;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What the runtime costs without any network: over an adapter that does nothing, and the in-memory
 * broker beside a bare queue.
 */
final class RuntimeAlone {
  private static final int SEVERAL_PRODUCERS = 4;
  private static final int SEVERAL_HANDLERS = 64;

  private final Load load;
  private final PrintStream progress;

  RuntimeAlone(Load load, PrintStream progress) {
    this.load = load;
    this.progress = progress;
  }

  /** All of it. */
  List<Section> sections() throws Exception {
    return List.of(overNothing(), besideQueue());
  }

  private Section overNothing() throws Exception {
    NoopPaths paths = new NoopPaths(load);
    List<Row> rows = new ArrayList<>();
    progress.println("memory: open(), cold ...");
    rows.add(ColdOpen.row(load));
    progress.println("memory: the paths of one message ...");
    rows.addAll(paths.publish());
    rows.addAll(paths.consume(1));
    rows.addAll(paths.consume(SEVERAL_HANDLERS));
    return new Section(
        "runtime over an adapter that does nothing",
        "",
        "1 KiB, no headers, 1000 keys, at most 1000 deliveries at once",
        rows);
  }

  private Section besideQueue() throws Exception {
    Scenarios scenarios = new Scenarios(load);
    Map<String, String> settings =
        Map.of(
            "broker", "memory",
            "memory.name", "benchmarks",
            "memory.retain", "0",
            "memory.dedup-window", "0s");
    String does = "in-memory broker";
    try (RawQueue raw = new RawQueue();
        MissiveClient missive =
            new MissiveClient(settings, "bench", "bench", Client.WINDOW, does)) {
      missive.declare("bench", "bench");
      List<Row> rows =
          new Contest("memory", load, progress)
              .run(
                  new Side(raw),
                  new Side(missive),
                  List.of(scenarios.handOver(1), scenarios.handOver(SEVERAL_PRODUCERS)));
      return new Section(
          "in-memory broker beside a queue", raw.configuration(), missive.configuration(), rows);
    }
  }
}
