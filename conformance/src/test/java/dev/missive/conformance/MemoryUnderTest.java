package dev.missive.conformance;

import dev.missive.ConnectionState;
import dev.missive.Messaging;
import dev.missive.Topology;
import dev.missive.testkit.MemoryBroker;
import dev.missive.testkit.VirtualTime;
import dev.missive.testkit.contract.BrokerUnderTest;
import dev.missive.testkit.contract.Control;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The in-memory broker, and all that can be done to it. */
public final class MemoryUnderTest
    implements Control.SimulatedRestart,
        Control.Power,
        Control.Cut,
        Control.Connections,
        Control.Credentials,
        Control.Inventory,
        Control.Tampering,
        Control.Permissions,
        Control.Alarm,
        Control.Confirms,
        Control.Abandon,
        Control.Operations {
  private static final String NO_NETWORK =
      "the broker is in this process, there is no network that could swallow bytes";

  private static final String USER = "kit";

  private final String name = "contract-" + UUID.randomUUID();
  private final MemoryBroker memory = MemoryBroker.named(name);
  private final @Nullable VirtualTime time;

  /** In real time without a clock. */
  public MemoryUnderTest(@Nullable VirtualTime time) {
    this.time = time;
    memory.requireCredentials(USER, USER);
  }

  public BrokerUnderTest broker() {
    BrokerUnderTest broker =
        BrokerUnderTest.of(
                "memory",
                Map.of(
                    "memory.name",
                    name,
                    "memory.username",
                    USER,
                    "memory.password",
                    USER,
                    "memory.retry-delay-max",
                    "1s",
                    "memory.auth-retry",
                    "500ms"))
            .control(this)
            .without(Control.Blackhole.class, NO_NETWORK)
            .without(Control.Quorum.class, "one node")
            .reason(ConnectionState.RECONNECTING, "the broker went down")
            .sessionTimeout(Duration.ZERO);
    return time == null ? broker : broker.time(time);
  }

  /** The broker itself, for tests that do more to it. */
  public MemoryBroker memory() {
    return memory;
  }

  @Override
  public void mend() {
    memory.up();
    accept();
    memory.forbidDeclares(false);
    memory.unblock();
    memory.loseConfirms(0);
  }

  @Override
  public List<Long> restart() {
    memory.restart();
    return List.of();
  }

  @Override
  public String simulation() {
    return "the broker is in this process and keeps its log in memory";
  }

  @Override
  public void down() {
    memory.down();
  }

  @Override
  public void up() {
    memory.up();
  }

  @Override
  public void cut() {
    memory.drop();
  }

  @Override
  public int connections() {
    return memory.connections();
  }

  @Override
  public Map<String, String> refuse() {
    memory.requireCredentials(USER, "another");
    memory.drop();
    return Map.of("memory.password", "another");
  }

  @Override
  public void accept() {
    memory.requireCredentials(USER, USER);
  }

  @Override
  public long refusals() {
    return memory.refusals();
  }

  @Override
  public void deleteTopic(String topic) {
    memory.deleteTopic(topic);
  }

  @Override
  public boolean topicExists(String topic) {
    return memory.hasTopic(topic);
  }

  @Override
  public int temporary() {
    return memory.temporaryObjects();
  }

  @Override
  public void change(String topic, String group) {
    memory.deleteGroup(topic, group);
    Topology.Plan other = Topology.Plan.empty().with(new Topology.Entry(topic, group, true, null));
    try (Messaging administrator = broker().open(Map.of(), null)) {
      administrator.topology().apply(other);
    }
  }

  @Override
  public void forbidDeclaring() {
    memory.forbidDeclares(true);
  }

  @Override
  public void allowDeclaring() {
    memory.forbidDeclares(false);
  }

  @Override
  public void block() {
    memory.block();
  }

  @Override
  public void unblock() {
    memory.unblock();
  }

  @Override
  public void lose() {
    memory.loseConfirms(Integer.MAX_VALUE);
  }

  @Override
  public void pass() {
    memory.loseConfirms(0);
  }

  @Override
  public void abandon(String application) {
    memory.abandon(application);
  }

  @Override
  public long operations() {
    return memory.operations();
  }
}
