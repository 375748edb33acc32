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
  /** What docs/rabbitmq.md recommends: a delayed message does not wait 3 min after a crash. */
  private static final String ADVANCED =
      "[{rabbit, [{dead_letter_worker_publisher_confirm_timeout, 5000}]}].\n";

  private static final String OLD_DISCOVERY = "rabbit_peer_discovery_classic_config";

  @Override
  public List<NodePlan> plan(Site site) throws IOException {
    int nodes = site.options().nodes();
    int epmd = site.port();
    String cookie = UUID.randomUUID().toString().replace("-", "");
    List<NodePlan> plans = new ArrayList<>();
    for (int i = 0; i < nodes; i++) {
      // With TLS the third is for the probe, which speaks without.
      List<Integer> ports = site.ports(site.tls() == null ? 2 : 3);
      String name = "r" + (i + 1);
      Path folder = site.node(name);
      write(site, folder, ports, cookie);
      int port = ports.get(0);
      int plain = ports.get(site.tls() == null ? 0 : 2);
      String root = site.home().folder().toString();
      List<String> command =
          List.of(
              "bash",
              site.script("rabbit-node.sh").toString(),
              root,
              folder.toString(),
              name,
              Integer.toString(plain),
              Integer.toString(ports.get(1)),
              Integer.toString(epmd));
      List<String> helper =
          List.of("bash", site.script("rabbit-epmd.sh").toString(), root, Integer.toString(epmd));
      List<Integer> all = List.of(port, ports.get(1), epmd);
      Probe probe = () -> probe(plain, port);
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
  public String url(List<Integer> ports, BrokerSecurity security) {
    String user = security.user() == null ? "guest:guest@" : security.userInfo();
    String start = (security.tls() ? "amqps://" : "amqp://") + user + "127.0.0.1:";
    return ports.stream().map(port -> start + port).collect(Collectors.joining(","));
  }

  private static void probe(int plain, int port) throws IOException {
    Wire.amqp(plain);
    Wire.open(port);
  }

  private static void write(Site site, Path folder, List<Integer> ports, String cookie)
      throws IOException {
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
    Files.writeString(etc.resolve("advanced.config"), ADVANCED);
    Files.writeString(etc.resolve("rabbitmq.conf"), site.lines(lines(site, ports), " = "));
    TlsFiles tls = site.tls();
    if (tls != null) {
      // The broker sees its own folder only.
      for (String file : List.of("ca.pem", "server.pem", "server.key")) {
        Files.copy(tls.folder().resolve(file), etc.resolve(file));
      }
    }
  }

  private static Map<String, String> lines(Site site, List<Integer> ports) {
    Map<String, String> lines = new LinkedHashMap<>();
    if (site.tls() == null) {
      lines.put("listeners.tcp.1", "127.0.0.1:" + ports.get(0));
    } else {
      lines.put("listeners.tcp.1", "127.0.0.1:" + ports.get(2));
      lines.put("listeners.ssl.1", "127.0.0.1:" + ports.get(0));
      lines.put("ssl_options.cacertfile", "/mnt/data/etc/ca.pem");
      lines.put("ssl_options.certfile", "/mnt/data/etc/server.pem");
      lines.put("ssl_options.keyfile", "/mnt/data/etc/server.key");
      lines.put("ssl_options.verify", "verify_peer");
      lines.put("ssl_options.fail_if_no_peer_cert", "false");
    }
    BrokerSecurity security = site.options().security();
    if (security.user() != null && security.password() != null) {
      lines.put("default_user", security.user());
      lines.put("default_pass", security.password());
    }
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
