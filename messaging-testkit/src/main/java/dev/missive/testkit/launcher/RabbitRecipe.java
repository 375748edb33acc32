package dev.missive.testkit.launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;

/** RabbitMQ from a Debian tree: one epmd of our own, nodes r1 to r3. */
final class RabbitRecipe implements Recipe {
  private static final String OLD_DISCOVERY = "rabbit_peer_discovery_classic_config";

  @Override
  public List<NodePlan> plan(Site site) throws IOException {
    int nodes = site.options().nodes();
    int epmd = site.port();
    String cookie = UUID.randomUUID().toString().replace("-", "");
    List<NodePlan> plans = new ArrayList<>();
    for (int i = 0; i < nodes; i++) {
      List<Integer> ports = site.ports(2);
      String name = "r" + (i + 1);
      Path folder = site.node(name);
      write(site, folder, ports.get(0), cookie);
      int port = ports.get(0);
      String root = site.home().folder().toString();
      List<String> command =
          List.of(
              "bash",
              site.script("rabbit-node.sh").toString(),
              root,
              folder.toString(),
              name,
              Integer.toString(port),
              Integer.toString(ports.get(1)),
              Integer.toString(epmd));
      List<String> helper =
          List.of("bash", site.script("rabbit-epmd.sh").toString(), root, Integer.toString(epmd));
      List<Integer> all = List.of(port, ports.get(1), epmd);
      Probe probe = () -> Wire.amqp(port);
      List<String> tool =
          List.of(
              "bash",
              site.script("rabbit-tool.sh").toString(),
              NodePlan.PID,
              Integer.toString(epmd),
              name);
      plans.add(
          new NodePlan(name, folder, command, all, i == 0 ? helper : null, tool, probe, probe));
    }
    return plans;
  }

  @Override
  public String url(List<Integer> ports) {
    return ports.stream()
        .map(port -> "amqp://guest:guest@127.0.0.1:" + port)
        .collect(Collectors.joining(","));
  }

  private static void write(Site site, Path folder, int port, String cookie) throws IOException {
    Path home = Files.createDirectories(folder.resolve("home"));
    Path etc = Files.createDirectories(folder.resolve("etc"));
    Files.createDirectories(folder.resolve("mnesia"));
    Files.createDirectories(folder.resolve("log"));
    Path secret = home.resolve(".erlang.cookie");
    Files.writeString(secret, cookie);
    // Erlang refuses a cookie that others can read.
    Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("r--------"));
    String plugins = String.join(",", site.options().plugins());
    Files.writeString(etc.resolve("enabled_plugins"), "[" + plugins + "].\n");
    Files.writeString(etc.resolve("rabbitmq.conf"), site.lines(lines(site, port), " = "));
  }

  private static Map<String, String> lines(Site site, int port) {
    Map<String, String> lines = new LinkedHashMap<>();
    lines.put("listeners.tcp.1", "127.0.0.1:" + port);
    lines.put("log.console", "true");
    lines.put("log.console.level", "info");
    lines.put("log.file", "false");
    lines.put("vm_memory_high_watermark.absolute", "512MB");
    lines.put("disk_free_limit.absolute", "50MB");
    int nodes = site.options().nodes();
    if (nodes > 1) {
      boolean old = site.home().version().startsWith("3.");
      String prefix = "cluster_formation.";
      lines.put(prefix + "peer_discovery_backend", old ? OLD_DISCOVERY : "classic_config");
      for (int i = 1; i <= nodes; i++) {
        lines.put(prefix + "classic_config.nodes." + i, "r" + i + "@localhost");
      }
      lines.put("cluster_partition_handling", "pause_minority");
      lines.put("net_ticktime", "5");
    }
    return lines;
  }
}
