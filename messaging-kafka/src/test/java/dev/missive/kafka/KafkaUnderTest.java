package dev.missive.kafka;

import dev.missive.testkit.Eventually;
import dev.missive.testkit.contract.BrokerUnderTest;
import dev.missive.testkit.contract.Control;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import dev.missive.testkit.proxy.Direction;
import dev.missive.testkit.proxy.TcpProxy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigResource;

/** A private broker behind a proxy, and what the contract does to it. */
final class KafkaUnderTest
    implements Control.Restart,
        Control.Power,
        Control.Cut,
        Control.Blackhole,
        Control.Connections,
        Control.Inventory,
        Control.Tampering,
        Control.Confirms {
  private static final Object LOCK = new Object();
  private static KafkaUnderTest shared;

  private final LiveBroker broker;
  private final TcpProxy proxy;
  private final String behindProxy;

  private KafkaUnderTest(LiveBroker broker) {
    this.broker = broker;
    this.proxy = broker.node().proxy().orElseThrow();
    this.behindProxy = internalListener(broker);
  }

  /** The brokers' own listener, which no proxy stands before: the client's leads back to it. */
  private static String internalListener(LiveBroker broker) {
    ConfigResource node = new ConfigResource(ConfigResource.Type.BROKER, "1");
    String listeners =
        ask(broker.url(), admin -> admin.describeConfigs(List.of(node)).all())
            .get(node)
            .get("listeners")
            .value();
    return listeners.replaceAll(".*INTERNAL://([^,]+).*", "$1");
  }

  /** The one of this JVM. */
  static KafkaUnderTest shared() {
    synchronized (LOCK) {
      if (shared == null) {
        shared = new KafkaUnderTest(LiveBrokers.shared(Brokers.kafka().withProcess().withProxy()));
      }
      return shared;
    }
  }

  BrokerUnderTest broker(String protocol) {
    return BrokerUnderTest.of(
            "kafka",
            Map.of(
                "kafka.brokers",
                broker.url(),
                "kafka.group-protocol",
                protocol,
                "kafka.connect-timeout",
                "1500ms",
                "kafka.request-timeout",
                "4s",
                "kafka.session-timeout",
                "3s"))
        .control(this)
        .without(Control.Credentials.class, "the private broker has no users")
        .without(Control.Permissions.class, "the private broker has no users")
        .without(Control.Alarm.class, "Kafka has no alarm that stops publishing")
        .without(Control.Quorum.class, "one node")
        .without(Control.Operations.class, "the broker does not count requests")
        .sessionTimeout(Duration.ofSeconds(3))
        .detection(Duration.ofSeconds(12));
  }

  @Override
  public void mend() {
    proxy.heal();
  }

  @Override
  public void restart() {
    broker.node().restart();
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
  public void cut() {
    proxy.cut();
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
  public void deleteTopic(String topic) {
    List<String> gone =
        topics().stream()
            .filter(name -> name.equals(topic) || name.startsWith(topic + "."))
            .toList();
    ask(admin -> admin.deleteTopics(gone).all());
    Eventually.await("the topic is gone", () -> !topics().contains(topic));
  }

  @Override
  public boolean topicExists(String topic) {
    return topics().contains(topic);
  }

  private Set<String> topics() {
    return ask(admin -> admin.listTopics().names());
  }

  @Override
  public int temporary() {
    return 0;
  }

  @Override
  public void change(String topic, String group) {
    ConfigResource letters =
        new ConfigResource(ConfigResource.Type.TOPIC, KafkaNames.deadLetters(topic, group));
    AlterConfigOp shorter =
        new AlterConfigOp(new ConfigEntry("retention.ms", "60000"), AlterConfigOp.OpType.SET);
    ask(admin -> admin.incrementalAlterConfigs(Map.of(letters, List.of(shorter))).all());
  }

  private interface Question<T> {
    KafkaFuture<T> ask(Admin admin);
  }

  /** What an administrator does is no traffic of the clients. */
  private <T> T ask(Question<T> question) {
    return ask(behindProxy, question);
  }

  private static <T> T ask(String url, Question<T> question) {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", url))) {
      return question.ask(admin).get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
