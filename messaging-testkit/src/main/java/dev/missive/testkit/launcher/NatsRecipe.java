package dev.missive.testkit.launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** NATS with JetStream: servers n1 to n3. */
final class NatsRecipe implements Recipe {

  @Override
  public List<NodePlan> plan(Site site) throws IOException {
    int nodes = site.options().nodes();
    List<Integer> clients = site.ports(nodes);
    List<Integer> monitors = site.ports(nodes);
    List<Integer> routes = nodes > 1 ? site.ports(nodes) : List.of();
    List<NodePlan> plans = new ArrayList<>();
    for (int i = 0; i < nodes; i++) {
      String name = "n" + (i + 1);
      Path folder = site.node(name);
      int client = clients.get(i);
      int monitor = monitors.get(i);
      Map<String, String> lines = new LinkedHashMap<>();
      lines.put("server_name", name);
      lines.put("listen", "127.0.0.1:" + client);
      lines.put("client_advertise", "127.0.0.1:" + site.facade(i, client));
      lines.put("http", "127.0.0.1:" + monitor);
      lines.put(
          "jetstream",
          "{ store_dir: \"" + folder.resolve("js") + "\", max_mem: 256MB, max_file: 4GB }");
      if (nodes > 1) {
        lines.put("cluster", cluster(routes, i));
      }
      secure(lines, site);
      Path conf = folder.resolve("nats.conf");
      Files.writeString(conf, site.lines(lines, ": "));
      List<Integer> ports = new ArrayList<>(List.of(client, monitor));
      if (nodes > 1) {
        ports.add(routes.get(i));
      }
      Probe whole = nodes > 1 ? () -> led(monitor) : () -> Wire.http(monitor, "/healthz");
      // Without a majority a server of a cluster answers, but is not healthy.
      Probe alive = nodes > 1 ? () -> Wire.nats(client) : whole;
      String server = site.home().folder().resolve("nats-server").toString();
      List<String> command = List.of(server, "-c", conf.toString());
      plans.add(new NodePlan(name, folder, command, ports, null, List.of(), alive, whole));
    }
    return plans;
  }

  /**
   * Whether JetStream is there and its cluster has a leader. More is not waited for: a copy of a
   * stream or a consumer may stay behind on one server for minutes after a majority was lost, and
   * clients are served by the others meanwhile.
   */
  private static void led(int monitor) throws IOException {
    Wire.http(monitor, "/healthz?js-server-only=true");
    if (!Wire.http(monitor, "/jsz").contains("\"leader\": \"")) {
      throw new IOException("/jsz names no leader of the cluster");
    }
  }

  @Override
  public String url(List<Integer> ports, BrokerSecurity security) {
    String start = (security.tls() ? "tls://" : "nats://") + security.userInfo() + "127.0.0.1:";
    return ports.stream().map(port -> start + port).collect(Collectors.joining(","));
  }

  private static void secure(Map<String, String> lines, Site site) {
    TlsFiles tls = site.tls();
    if (tls != null) {
      lines.put(
          "tls",
          "{ cert_file: \""
              + tls.folder().resolve("server.pem")
              + "\", key_file: \""
              + tls.folder().resolve("server.key")
              + "\", ca_file: \""
              + tls.authority()
              + "\", verify: false }");
    }
    BrokerSecurity security = site.options().security();
    if (security.user() != null) {
      lines.put(
          "authorization",
          "{ users: [ { user: \""
              + security.user()
              + "\", password: \""
              + security.password()
              + "\" } ] }");
    }
  }

  private static String cluster(List<Integer> routes, int index) {
    String others =
        routes.stream()
            .map(port -> "\"nats-route://127.0.0.1:" + port + "\"")
            .collect(Collectors.joining(", "));
    return "{ name: missive, listen: \"127.0.0.1:"
        + routes.get(index)
        + "\", routes: [ "
        + others
        + " ] }";
  }
}
