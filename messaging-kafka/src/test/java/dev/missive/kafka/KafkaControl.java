package dev.missive.kafka;

import dev.missive.ConnectionState;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.contract.BrokerUnderTest;
import dev.missive.testkit.contract.Control;
import dev.missive.testkit.contract.LiveControl;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import dev.missive.testkit.proxy.Direction;
import dev.missive.testkit.proxy.TcpProxy;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigResource;

/** A private broker behind a proxy, and what the contract does to it. */
final class KafkaControl
    implements Control.Restart,
        Control.Power,
        Control.Blackhole,
        Control.Connections,
        Control.Inventory,
        Control.Tampering,
        Control.Confirms {
  /** What clients wait for, in tests. */
  private static final Map<String, String> SHORT =
      Map.of(
          "kafka.connect-timeout", "1500ms",
          "kafka.request-timeout", "4s",
          "kafka.commit-interval", "200ms",
          "kafka.wait-in-process", "1s",
          "kafka.retry-tiers", "15s",
          "kafka.client.fetch.max.wait.ms", "100",
          "kafka.client.retry.backoff.ms", "20",
          "kafka.client.retry.backoff.max.ms", "200",
          "kafka.client.reconnect.backoff.ms", "20",
          "kafka.client.reconnect.backoff.max.ms", "200");

  private static final Object LOCK = new Object();
  private static KafkaControl shared;

  private final LiveBroker broker;
  private final TcpProxy proxy;
  private final Admin admin;

  /** Groups of tests that are over, whose topics are gone. */
  private volatile Set<String> earlier = Set.of();

  private KafkaControl(LiveBroker broker) {
    this.broker = broker;
    this.proxy = broker.node().proxy().orElseThrow();
    // What an administrator does is no traffic of the clients.
    this.admin = Admin.create(Map.of("bootstrap.servers", internalListener(broker)));
  }

  /** The brokers' own listener, which no proxy stands before: the client's leads back to it. */
  static String internalListener(LiveBroker broker) {
    ConfigResource node = new ConfigResource(ConfigResource.Type.BROKER, "1");
    String listeners;
    try (Admin client = Admin.create(Map.of("bootstrap.servers", broker.url()))) {
      listeners =
          answer(client.describeConfigs(List.of(node)).all()).get(node).get("listeners").value();
    }
    return listeners.replaceAll(".*INTERNAL://([^,]+).*", "$1");
  }

  /** The one of this JVM. */
  static KafkaControl shared() {
    synchronized (LOCK) {
      if (shared == null) {
        shared =
            new KafkaControl(
                LiveBrokers.shared(
                    Brokers.kafka()
                        .withProcess()
                        .withProxy()
                        .withConfig("log.segment.delete.delay.ms", "0")));
      }
      return shared;
    }
  }

  BrokerUnderTest broker(String protocol) {
    // A broker that was killed reads the logs of all its topics again.
    admin.deleteTopics(topics());
    earlier = groups();
    Map<String, String> settings = new TreeMap<>(SHORT);
    settings.put("kafka.brokers", broker.url());
    settings.put("kafka.group-protocol", protocol);
    // With the other protocol it is the broker's, which is the same.
    settings.put("kafka.session-timeout", "3s");
    if (protocol.equals("classic")) {
      settings.put("kafka.client.heartbeat.interval.ms", "300");
    }
    return BrokerUnderTest.of("kafka", settings)
        .control(this, LiveControl.of(broker))
        .without(Control.Credentials.class, "the private broker has no users")
        .without(Control.Permissions.class, "the private broker has no users")
        .without(Control.Alarm.class, "Kafka has no alarm that stops publishing")
        .without(Control.Quorum.class, "one node")
        .reason(ConnectionState.RECONNECTING, "cluster")
        .without(Control.Operations.class, "the broker does not count requests")
        .sessionTimeout(Duration.ofSeconds(3))
        .readyTimeout(Duration.ofSeconds(60))
        .partitions("kafka.partitions")
        .survivingCuts()
        .detection(Duration.ofSeconds(12));
  }

  @Override
  public void mend() {
    proxy.heal();
  }

  @Override
  public List<Long> restart() {
    return List.of(broker.node().restart());
  }

  @Override
  public void down() {
    proxy.refuse();
    proxy.cut();
  }

  @Override
  public void up() {
    proxy.heal();
  }

  @Override
  public void swallow() {
    proxy.halfOpen();
  }

  @Override
  public void pass() {
    proxy.heal();
  }

  @Override
  public void lose() {
    proxy.drop(Direction.TO_CLIENT);
  }

  @Override
  public int connections() {
    return proxy.open();
  }

  @Override
  public long made() {
    return proxy.accepted();
  }

  @Override
  public void deleteTopic(String topic) {
    List<String> gone =
        topics().stream()
            .filter(name -> name.equals(topic) || name.startsWith(topic + "."))
            .toList();
    answer(admin.deleteTopics(gone).all());
    Eventually.await("the topic is gone", () -> !topics().contains(topic));
  }

  @Override
  public boolean topicExists(String topic) {
    return topics().contains(topic);
  }

  private Set<String> topics() {
    return answer(admin.listTopics().names());
  }

  /**
   * Groups that nobody has declared, as one that each broadcast or requester would make. Topics
   * come and go with nobody: that of replies is the application's, whose instances share it.
   */
  @Override
  public int temporary() {
    Set<String> topics = topics();
    Set<String> groups = groups();
    groups.removeAll(earlier);
    groups.removeIf(group -> topics.contains(group) || topics.contains(group + ".dlq"));
    return groups.size();
  }

  private Set<String> groups() {
    return answer(admin.listGroups().all()).stream()
        .map(GroupListing::groupId)
        .collect(Collectors.toCollection(HashSet::new));
  }

  @Override
  public void change(String topic, String group) {
    ConfigResource letters =
        new ConfigResource(ConfigResource.Type.TOPIC, KafkaNames.deadLetters(topic, group));
    AlterConfigOp shorter =
        new AlterConfigOp(new ConfigEntry("retention.ms", "60000"), AlterConfigOp.OpType.SET);
    answer(admin.incrementalAlterConfigs(Map.of(letters, List.of(shorter))).all());
  }

  private static <T> T answer(KafkaFuture<T> future) {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
