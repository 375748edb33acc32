package dev.missive.rabbitmq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import dev.missive.Consumer;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.RetryPolicy;
import dev.missive.Topology;
import dev.missive.Topology.Difference;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.Recorder;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.BrokerOptions;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** A queue that others declared, in a virtual host where nobody has made delay queues yet. */
@Tag("broker")
@ParameterizedClass(name = "oldest={0}")
@MethodSource("dev.missive.rabbitmq.Versions#oldest")
final class RabbitJoinTest {
  private static final Duration PATIENCE = Duration.ofSeconds(180);

  private static final RetryPolicy DEFAULT = RetryPolicy.standard();

  private final LiveBroker broker;
  private final RabbitLab lab;
  private final String host;
  private final String queue;
  private final Messaging messaging;

  RabbitJoinTest(boolean oldest) {
    BrokerOptions options = oldest ? Brokers.rabbitmq().withOldest() : Brokers.rabbitmq();
    broker = LiveBrokers.shared(options.withProcess().withProxy());
    lab = new RabbitLab(broker);
    host = "host-of-" + lab.topic;
    queue = lab.topic + ".g";
    messaging = open(Map.of("topology.mode", "NONE"));
  }

  @BeforeEach
  void what_the_others_have() throws Exception {
    ctl("add_vhost", host);
    ctl("set_permissions", "-p", host, RabbitControl.USER, ".*", ".*", ".*");
    messaging.start();
    try (Channel raw = raw()) {
      raw.exchangeDeclare("missive.topics", "topic", true);
      for (String name : List.of(queue, queue + ".dlq")) {
        raw.queueDeclare(name, true, false, false, Map.of());
      }
      raw.queueBind(queue, "missive.topics", lab.topic);
    }
  }

  @AfterEach
  void close() {
    lab.close();
    ctl("delete_vhost", host);
  }

  @Test
  void without_delay_queues_a_consumer_fails_and_says_what_makes_them() throws Exception {
    Consumer consumer = messaging.consumer(lab.topic).group("g").handler(m -> {}).build();

    consumer.start();
    assertThatThrownBy(() -> RabbitLab.ready(consumer))
        .hasStackTraceContaining("MSG-TOPIC-MISSING")
        .hasStackTraceContaining(queue)
        .hasStackTraceContaining(DelayCascade.PREFIX)
        .hasStackTraceContaining("Topology.Plan.empty()");
    try (Channel raw = raw()) {
      assertThat(raw.consumerCount(queue)).isZero();
    }
    assertThat(ctl("-q", "list_queues", "-p", host, "name"))
        .doesNotContain(DelayCascade.PREFIX, DelayCascade.UNROUTED);

    messaging.topology().apply(Topology.Plan.empty());
    lab.start(messaging, lab.topic, "g", m -> {}, builder -> builder);
  }

  @Test
  void retries_with_the_default_waits_come_back_to_a_queue_of_others() {
    messaging.topology().apply(Topology.Plan.empty());
    Recorder recorder = failingOnce();
    lab.start(messaging, lab.topic, "g", recorder, builder -> builder.retry(DEFAULT));

    String id = lab.publish(messaging, "x");

    Eventually.await("its second run", PATIENCE, () -> recorder.runs().size() >= 2);
    assertThat(recorder.ids()).containsExactly(id, id);
    assertThat(recorder.runs()).extracting(Recorder.Run::attempt).containsExactly(1, 2);
    assertThat(messaging.topology().depth(lab.topic, "g").warnings()).isEmpty();
  }

  /** What waits in process is written out, to be due after a second of the cascade. */
  @Test
  void what_waits_at_a_stop_comes_back_to_a_queue_of_others() {
    messaging.topology().apply(Topology.Plan.empty());
    RetryPolicy quick = RetryPolicy.exponential(Duration.ofMillis(900), Duration.ofMillis(900));
    Recorder recorder = failingOnce();
    Consumer first =
        lab.start(messaging, lab.topic, "g", recorder, builder -> builder.retry(quick));
    String id = lab.publish(messaging, "x");
    recorder.await(1);

    first.stop(Duration.ofSeconds(10));
    lab.start(messaging, lab.topic, "g", recorder, builder -> builder.retry(quick));

    Eventually.await("its second run", PATIENCE, () -> recorder.runs().size() >= 2);
    assertThat(recorder.ids()).containsExactly(id, id);
    assertThat(recorder.runs().get(1).attempt()).isEqualTo(2);
  }

  @Test
  void a_delayed_message_reaches_a_queue_of_others() {
    messaging.topology().apply(Topology.Plan.empty());
    Recorder recorder = new Recorder();
    lab.start(messaging, lab.topic, "g", recorder, builder -> builder);

    messaging
        .producer()
        .publish(Message.builder(lab.topic).text("later").delay(Duration.ofSeconds(2)).build());

    Eventually.await("the message", PATIENCE, () -> recorder.texts().contains("later"));
  }

  /** As when its owner deletes the queue and makes it anew while nobody is connected. */
  @Test
  void a_queue_that_has_lost_its_bindings_has_them_back_with_the_link() throws Exception {
    messaging.topology().apply(Topology.Plan.empty());
    Recorder recorder = failingOnce();
    lab.start(messaging, lab.topic, "g", recorder, builder -> builder.retry(DEFAULT));

    try (Channel raw = raw()) {
      raw.queueUnbind(
          queue,
          DelayCascade.DUE,
          "*.".repeat(DelayCascade.LEVELS) + DelayCascade.queueAddress(queue));
    }
    broker.node().proxy().orElseThrow().reset();
    String id = lab.publish(messaging, "x");

    Eventually.await("its second run", PATIENCE, () -> recorder.runs().size() >= 2);
    assertThat(recorder.ids()).containsOnly(id);
    assertThat(recorder.runs().get(recorder.runs().size() - 1).attempt()).isEqualTo(2);
  }

  /** All of it: a message that meets a gap half way is not seen again before it is closed. */
  @Test
  void a_delay_queue_that_is_deleted_or_changed_is_seen_and_made_again() throws Exception {
    Topology topology = messaging.topology();
    Topology.Plan plan = Topology.Plan.empty().topic(lab.topic);
    topology.apply(Topology.Plan.empty());
    assertThat(topology.plan(plan)).isEmpty();
    String middle = DelayCascade.PREFIX + "05";

    for (String name : List.of(middle, DelayCascade.UNROUTED)) {
      try (Channel raw = raw()) {
        raw.queueDelete(name);
      }
      assertThat(topology.plan(plan))
          .containsExactly(
              new Difference("queue " + name, "", "quorum", null, Difference.Kind.MISSING));
      topology.apply(Topology.Plan.empty());
      assertThat(topology.plan(plan)).isEmpty();
    }
    try (Channel raw = raw()) {
      raw.queueDelete(middle);
      Map<String, Object> changed = Map.of("x-queue-type", "quorum", "x-message-ttl", 7);
      raw.queueDeclare(middle, true, false, false, changed);
    }
    assertThat(topology.plan(plan))
        .singleElement()
        .satisfies(
            difference -> {
              assertThat(difference.object()).isEqualTo("queue " + middle);
              assertThat(difference.kind()).isEqualTo(Difference.Kind.DIFFERENT);
            });
    assertThatThrownBy(() -> topology.apply(Topology.Plan.empty()))
        .hasMessageContaining("MSG-TOPOLOGY-MISMATCH")
        .hasMessageContaining(middle);
  }

  @Test
  void whoever_may_not_bind_is_told_so_by_ready() {
    messaging.topology().apply(Topology.Plan.empty());
    ctl("set_permissions", "-p", host, RabbitControl.USER, "^$", "^(missive|amq)\\..*", ".*");
    // Permissions are remembered by each connection for a while.
    Messaging allowedLess = open(Map.of("topology.mode", "NONE"));
    Consumer consumer = allowedLess.consumer(lab.topic).group("g").handler(m -> {}).build();

    consumer.start();
    assertThatThrownBy(() -> RabbitLab.ready(consumer))
        .hasStackTraceContaining("MSG-TOPOLOGY-FORBIDDEN")
        .hasStackTraceContaining(queue)
        .hasStackTraceContaining(DelayCascade.DUE);
  }

  @Test
  void whoever_may_not_declare_joins_and_retries() {
    messaging.topology().apply(Topology.Plan.empty());
    ctl("set_permissions", "-p", host, RabbitControl.USER, "^$", ".*", ".*");
    Messaging allowedLess = open(Map.of("topology.mode", "NONE"));
    Recorder recorder = failingOnce();
    lab.start(allowedLess, lab.topic, "g", recorder, builder -> builder.retry(DEFAULT));

    String id = lab.publish(messaging, "x");

    Eventually.await("its second run", PATIENCE, () -> recorder.runs().size() >= 2);
    assertThat(recorder.ids()).containsExactly(id, id);
  }

  /** What differs is told only to whoever may declare; that it is there, to everybody. */
  @Test
  void whoever_may_not_declare_verifies_what_is_there() {
    String topic = lab.topic + ".ours";
    messaging.topology().declare(topic, "g");
    ctl("set_permissions", "-p", host, RabbitControl.USER, "^$", ".*", ".*");
    Messaging verifying = open(Map.of("topology.mode", "VERIFY"));
    Recorder recorder = new Recorder();

    Consumer nowhere = verifying.consumer(topic).group("nobody").handler(recorder).build();
    assertThatThrownBy(() -> start(nowhere))
        .hasStackTraceContaining("MSG-TOPOLOGY-MISMATCH")
        .hasStackTraceContaining(topic + ".nobody");
    lab.start(verifying, topic, "g", recorder, builder -> builder);

    verifying.producer().publish(Message.builder(topic).text("x").build());
    assertThat(recorder.await(1).get(0).text()).isEqualTo("x");
    assertThat(verifying.topology().plan(Topology.Plan.empty().group(topic, "g")))
        .isNotEmpty()
        .extracting(Difference::kind)
        .containsOnly(Difference.Kind.UNSEEN);
  }

  private static Recorder failingOnce() {
    return new Recorder(
        message -> {
          if (message.attempt() == 1) {
            throw new IllegalStateException("not yet");
          }
        });
  }

  private static void start(Consumer consumer) {
    consumer.start();
    RabbitLab.ready(consumer);
  }

  private Messaging open(Map<String, String> more) {
    Map<String, String> settings = new HashMap<>(Map.of("rabbitmq.vhost", host));
    settings.putAll(more);
    return lab.open(settings);
  }

  private Channel raw() throws Exception {
    return messaging.unwrap(Connection.class).orElseThrow().createChannel();
  }

  private String ctl(String... command) {
    return broker.node().tool("rabbitmqctl", command);
  }
}
