package dev.missive.testkit.launcher;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How to run one node.
 *
 * @param name of the node
 * @param folder its data, and its log unless logs are kept
 * @param command what to execute; becomes the broker itself, not its parent
 * @param ports what it listens on; the first is the clients'
 * @param helper a process the node needs and that is started first
 * @param tool how to run a tool against the node, with {@link #PID} for its process; may be empty
 * @param alive whether it answers, whatever the others do
 * @param whole whether it is part of a cluster of so many
 */
record NodePlan(
    String name,
    Path folder,
    List<String> command,
    List<Integer> ports,
    @Nullable List<String> helper,
    List<String> tool,
    Probe alive,
    Probe whole) {
  static final String PID = "PID";

  int port() {
    return ports.get(0);
  }

  Path log() {
    return KeptLogs.file(folder).orElse(folder.resolve("log.txt"));
  }
}
