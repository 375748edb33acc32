package dev.missive.testkit.launcher;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;

/** Kafka in KRaft mode: brokers k1 to k3, each a controller too, with the timeouts set short. */
final class KafkaRecipe implements Recipe {
  // Decides how long a restart after a kill takes: the old registration has to expire first. With
  // half of it a machine that stood still made the controller fence a broker that was starting, and
  // the broker then lost its group coordinator for good ("out of sync with the underlying log").
  private static final String SESSION = "3000";

  private static final String OPEN = "CLIENT:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT";

  @Override
  public List<NodePlan> plan(Site site) throws IOException {
    int nodes = site.options().nodes();
    List<Integer> clients = site.ports(nodes);
    List<Integer> internals = site.ports(nodes);
    List<Integer> controllers = site.ports(nodes);
    String cluster = clusterId();
    List<NodePlan> plans = new ArrayList<>();
    for (int i = 0; i < nodes; i++) {
      String name = "k" + (i + 1);
      Path folder = site.node(name);
      List<Integer> ports = List.of(clients.get(i), internals.get(i), controllers.get(i));
      Map<String, String> lines = listeners(site, i, ports, controllers);
      lines.put("log.dirs", folder.resolve("data").toString());
      small(lines);
      replicas(lines, nodes);
      quick(lines);
      secure(lines, site);
      Files.writeString(folder.resolve("server.properties"), site.lines(lines, "="));
      // The probe speaks without TLS and login.
      boolean open = site.options().security().equals(BrokerSecurity.NONE);
      int port = ports.get(open ? 0 : 1);
      plans.add(
          new NodePlan(
              name,
              folder,
              List.of(
                  "env",
                  "JAVA_HOME=" + System.getProperty("java.home"),
                  "bash",
                  site.script("kafka-node.sh").toString(),
                  site.home().folder().resolve("libs").toString(),
                  folder.toString(),
                  cluster,
                  scram(site.options().security())),
              ports,
              null,
              List.of(),
              () -> brokers(port, 1),
              () -> brokers(port, nodes)));
    }
    return plans;
  }

  @Override
  public String url(List<Integer> ports, BrokerSecurity security) {
    return ports.stream().map(port -> "127.0.0.1:" + port).collect(Collectors.joining(","));
  }

  private static void brokers(int port, int wanted) throws IOException {
    int known = Wire.kafka(port);
    if (known < wanted) {
      throw new IOException("it knows " + known + " of " + wanted + " brokers");
    }
  }

  /**
   * The properties of a lone broker in a container, whose port 9092 is this one outside. Its own
   * traffic does not leave the container.
   */
  static Map<String, String> inContainer(int port) {
    Map<String, String> lines = new LinkedHashMap<>();
    lines.put("process.roles", "broker,controller");
    lines.put("node.id", "1");
    lines.put("controller.quorum.voters", "1@localhost:9093");
    lines.put("controller.listener.names", "CONTROLLER");
    lines.put(
        "listeners", "CLIENT://0.0.0.0:9092,INTERNAL://localhost:9094,CONTROLLER://localhost:9093");
    lines.put("advertised.listeners", "CLIENT://127.0.0.1:" + port + ",INTERNAL://localhost:9094");
    lines.put("listener.security.protocol.map", OPEN);
    lines.put("inter.broker.listener.name", "INTERNAL");
    small(lines);
    replicas(lines, 1);
    quick(lines);
    return lines;
  }

  private static Map<String, String> listeners(
      Site site, int index, List<Integer> ports, List<Integer> controllers) {
    List<String> voters = new ArrayList<>();
    for (int i = 0; i < controllers.size(); i++) {
      voters.add((i + 1) + "@127.0.0.1:" + controllers.get(i));
    }
    String internal = "INTERNAL://127.0.0.1:" + ports.get(1);
    Map<String, String> lines = new LinkedHashMap<>();
    lines.put("process.roles", "broker,controller");
    lines.put("node.id", Integer.toString(index + 1));
    lines.put("controller.quorum.voters", String.join(",", voters));
    lines.put("controller.listener.names", "CONTROLLER");
    lines.put(
        "listeners",
        "CLIENT://127.0.0.1:"
            + ports.get(0)
            + ","
            + internal
            + ",CONTROLLER://127.0.0.1:"
            + ports.get(2));
    // Clients are led to the proxy, the brokers' own traffic past it.
    lines.put(
        "advertised.listeners",
        "CLIENT://127.0.0.1:" + site.facade(index, ports.get(0)) + "," + internal);
    lines.put("listener.security.protocol.map", OPEN);
    lines.put("inter.broker.listener.name", "INTERNAL");
    return lines;
  }

  private static void secure(Map<String, String> lines, Site site) {
    TlsFiles tls = site.tls();
    BrokerSecurity security = site.options().security();
    boolean login = security.user() != null;
    String protocol = login ? (tls == null ? "SASL_PLAINTEXT" : "SASL_SSL") : "SSL";
    if (tls == null && !login) {
      return;
    }
    lines.put(
        "listener.security.protocol.map",
        "CLIENT:" + protocol + ",INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT");
    if (tls != null) {
      lines.put("ssl.keystore.type", "PEM");
      lines.put("ssl.keystore.location", tls.folder().resolve("server-keystore.pem").toString());
      lines.put("ssl.truststore.type", "PEM");
      lines.put("ssl.truststore.location", tls.authority().toString());
    }
    if (login) {
      String modules = "org.apache.kafka.common.security.";
      lines.put("sasl.enabled.mechanisms", "PLAIN,SCRAM-SHA-256");
      lines.put(
          "listener.name.client.plain.sasl.jaas.config",
          modules
              + "plain.PlainLoginModule required user_"
              + security.user()
              + "=\""
              + security.password()
              + "\";");
      lines.put(
          "listener.name.client.scram-sha-256.sasl.jaas.config",
          modules + "scram.ScramLoginModule required;");
    }
  }

  /** The user as the command that formats the storage takes it; empty without one. */
  private static String scram(BrokerSecurity security) {
    return security.user() == null
        ? ""
        : "SCRAM-SHA-256=[name=" + security.user() + ",password=" + security.password() + "]";
  }

  private static void small(Map<String, String> lines) {
    lines.put("num.network.threads", "1");
    lines.put("num.io.threads", "2");
    lines.put("background.threads", "2");
    lines.put("log.cleaner.dedupe.buffer.size", "2097152");
    lines.put("auto.create.topics.enable", "false");
    lines.put("offsets.topic.num.partitions", "1");
    lines.put("transaction.state.log.num.partitions", "1");
    lines.put("share.coordinator.state.topic.num.partitions", "1");
  }

  private static void replicas(Map<String, String> lines, int nodes) {
    String factor = Integer.toString(nodes);
    String inSync = Integer.toString(nodes > 1 ? nodes - 1 : 1);
    lines.put("offsets.topic.replication.factor", factor);
    lines.put("transaction.state.log.replication.factor", factor);
    lines.put("transaction.state.log.min.isr", inSync);
    lines.put("share.coordinator.state.topic.replication.factor", factor);
    lines.put("share.coordinator.state.topic.min.isr", inSync);
  }

  private static void quick(Map<String, String> lines) {
    lines.put("group.initial.rebalance.delay.ms", "0");
    lines.put("broker.session.timeout.ms", SESSION);
    lines.put("broker.heartbeat.interval.ms", "300");
    lines.put("controller.quorum.election.timeout.ms", "500");
    lines.put("controller.quorum.fetch.timeout.ms", "1000");
    lines.put("controller.quorum.election.backoff.max.ms", "200");
    lines.put("replica.lag.time.max.ms", "2000");
    lines.put("group.min.session.timeout.ms", "1500");
    lines.put("group.consumer.min.heartbeat.interval.ms", "200");
    lines.put("group.consumer.heartbeat.interval.ms", "300");
    lines.put("group.consumer.min.session.timeout.ms", "1500");
    lines.put("group.consumer.session.timeout.ms", "3000");
    lines.put("group.share.min.heartbeat.interval.ms", "200");
    lines.put("group.share.heartbeat.interval.ms", "300");
    lines.put("group.share.min.session.timeout.ms", "1500");
    lines.put("group.share.session.timeout.ms", "3000");
    lines.put("group.share.min.record.lock.duration.ms", "1000");
  }

  private static String clusterId() {
    UUID id = UUID.randomUUID();
    byte[] bytes =
        ByteBuffer.allocate(16)
            .putLong(id.getMostSignificantBits())
            .putLong(id.getLeastSignificantBits())
            .array();
    // A leading dash would be taken for an option.
    return "M" + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes).substring(1);
  }
}
