package dev.missive.rabbitmq;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import dev.missive.testkit.contract.Control;
import dev.missive.testkit.launcher.LiveBroker;
import dev.missive.testkit.proxy.Direction;
import dev.missive.testkit.proxy.TcpProxy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/** What the contract can do to a broker of ours, by its proxy, its tools and the raw client. */
final class RabbitControl
    implements Control.Restart,
        Control.Power,
        Control.Blackhole,
        Control.Connections,
        Control.Credentials,
        Control.Inventory,
        Control.Tampering,
        Control.Permissions,
        Control.Alarm,
        Control.Confirms,
        Control.Operations {
  /** The broker may lose a queue that was declared right before a kill (ADR 0010). */
  private static final Duration SETTLED = Duration.ofSeconds(2);

  static final String USER = "guest";

  /** Messages that came in, channels that were opened, queues that were declared. */
  private static final String COUNT =
      "lists:sum([maps:get(messages_received_total, M, 0)"
          + " || M <- maps:values(rabbit_global_counters:overview())])"
          + " + lists:sum([element(4, T) + element(6, T)"
          + " || T <- ets:tab2list(connection_churn_metrics)]).";

  private final LiveBroker broker;
  private final TcpProxy proxy;
  private volatile boolean refused;
  private volatile boolean forbidden;
  private volatile boolean blocked;

  RabbitControl(LiveBroker broker) {
    this.broker = broker;
    this.proxy = broker.node().proxy().orElseThrow();
  }

  @Override
  public void mend() {
    proxy.heal();
    if (!broker.node().running()) {
      broker.node().start();
    }
    if (refused) {
      accept();
    }
    if (forbidden) {
      allowDeclaring();
    }
    if (blocked) {
      unblock();
    }
  }

  @Override
  public List<Long> restart() {
    LockSupport.parkNanos(SETTLED.toNanos());
    return broker.restart();
  }

  @Override
  public void down() {
    proxy.refuse();
    proxy.reset();
  }

  @Override
  public void up() {
    proxy.heal();
  }

  @Override
  public void swallow() {
    proxy.blackhole();
  }

  @Override
  public void lose() {
    proxy.drop(Direction.TO_CLIENT);
  }

  @Override
  public void pass() {
    proxy.heal();
  }

  @Override
  public int connections() {
    return proxy.open();
  }

  @Override
  public Map<String, String> refuse() {
    refused = true;
    ctl("change_password", USER, "another");
    proxy.reset();
    return Map.of("rabbitmq.password", "another");
  }

  @Override
  public void accept() {
    ctl("change_password", USER, USER);
    refused = false;
  }

  @Override
  public long refusals() {
    return broker.node().log(100_000).lines().filter(l -> l.contains("login refused")).count();
  }

  @Override
  public void forbidDeclaring() {
    forbidden = true;
    ctl("set_permissions", USER, "^$", ".*", ".*");
  }

  @Override
  public void allowDeclaring() {
    ctl("set_permissions", USER, ".*", ".*", ".*");
    forbidden = false;
  }

  @Override
  public void block() {
    blocked = true;
    ctl("set_vm_memory_high_watermark", "0.00001");
  }

  @Override
  public void unblock() {
    ctl("set_vm_memory_high_watermark", "absolute", "512MB");
    blocked = false;
  }

  @Override
  public boolean topicExists(String topic) {
    return queues().stream().anyMatch(queue -> queue.startsWith(topic + "."));
  }

  @Override
  public void deleteTopic(String topic) {
    raw(
        channel -> {
          for (String queue : queues()) {
            if (queue.startsWith(topic + ".")) {
              channel.queueDelete(queue);
            }
          }
        });
  }

  @Override
  public int temporary() {
    return (int) queues().stream().filter(queue -> queue.startsWith("amq.gen-")).count();
  }

  @Override
  public void change(String topic, String group) {
    String queue = topic + "." + group;
    raw(
        channel -> {
          Map<String, Object> arguments = QueueType.QUORUM.group(queue + ".dlq", false);
          arguments.put("x-delivery-limit", 7);
          channel.queueDelete(queue);
          channel.queueDeclare(queue, true, false, false, arguments);
        });
  }

  /** A subscription opens a channel. */
  @Override
  public long operations() {
    return Long.parseLong(broker.node().tool("rabbitmqctl", "-q", "eval", COUNT).strip());
  }

  private List<String> queues() {
    return broker.node().tool("rabbitmqctl", "-q", "list_queues", "name").lines().toList();
  }

  private void ctl(String... command) {
    broker.node().tool("rabbitmqctl", command);
  }

  private interface Work {
    void with(Channel channel) throws Exception;
  }

  private void raw(Work work) {
    ConnectionFactory factory = new ConnectionFactory();
    factory.setAutomaticRecoveryEnabled(false);
    try {
      factory.setUri(broker.directUrl());
      try (Connection connection = factory.newConnection("an administrator")) {
        work.with(connection.createChannel());
      }
    } catch (Exception e) {
      throw new IllegalStateException("the broker could not be changed", e);
    }
  }
}
