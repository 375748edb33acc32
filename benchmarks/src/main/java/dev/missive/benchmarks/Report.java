package dev.missive.benchmarks;

import java.io.IOException;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What was measured of one target, in Markdown.
 *
 * @param target what
 * @param load how much
 * @param sections the figures
 */
record Report(Target target, Load load, List<Section> sections) {
  private static final long MEGABYTE = 1 << 20;

  boolean failed() {
    return sections.stream().anyMatch(Section::failed);
  }

  String markdown() {
    return sections.stream().map(Section::markdown).collect(Collectors.joining("\n"))
        + "\n"
        + circumstances()
        + "\n";
  }

  private String circumstances() {
    Runtime runtime = Runtime.getRuntime();
    String collector =
        ManagementFactory.getGarbageCollectorMXBeans().stream()
            .map(GarbageCollectorMXBean::getName)
            .findFirst()
            .orElse("unknown");
    return LocalDate.now(ZoneOffset.UTC)
        + ": "
        + load.pairs()
        + " pairs after "
        + load.warmUps()
        + " to warm up, "
        + String.format(Locale.ROOT, "%,d", load.messages())
        + " messages each of "
        + Side.BODY
        + " bytes with "
        + Client.HEADERS.length
        + " headers; "
        + runtime.availableProcessors()
        + " processors, shared with the broker; Java "
        + Runtime.version()
        + ", "
        + runtime.maxMemory() / MEGABYTE
        + " MB of heap, "
        + collector
        + ".";
  }

  /**
   * Puts it between the marks of its target.
   *
   * @throws IOException if the file cannot be written or has no such marks
   */
  void writeTo(Path file) throws IOException {
    String begin = "<!-- begin " + target.id() + " -->\n";
    String end = "<!-- end " + target.id() + " -->";
    String text = Files.readString(file);
    int from = text.indexOf(begin);
    int to = text.indexOf(end);
    if (from < 0 || to < from) {
      throw new IOException(file + " has no lines " + begin.strip() + " and " + end);
    }
    String head = text.substring(0, from + begin.length());
    Files.writeString(file, head + "\n" + markdown() + "\n" + text.substring(to));
  }
}
