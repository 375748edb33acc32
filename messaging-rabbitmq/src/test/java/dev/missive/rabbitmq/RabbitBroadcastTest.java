package dev.missive.rabbitmq;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.Connection;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.Recorder;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.BrokerOptions;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** The queue of a broadcast subscription, when something happens to it and the link stands. */
@Tag("broker")
@ParameterizedClass(name = "oldest={0}")
@MethodSource("dev.missive.rabbitmq.Versions#oldest")
final class RabbitBroadcastTest {
  private static final String LOOK_UP =
      "{ok, Q} = rabbit_amqqueue:lookup(rabbit_misc:r(<<\"/\">>, queue, <<\"%s\">>)), ";

  /** An error on the channels that read the queue: the broker closes them, and nothing else. */
  private static final String BREAK =
      LOOK_UP
          + "[element(1, C) ! {'$gen_cast', {method, {'basic.ack', 999999, false}, none, noflow}}"
          + " || C <- rabbit_amqqueue:consumers(Q)].";

  private static final String DELETE =
      LOOK_UP + "rabbit_amqqueue:delete(Q, false, false, <<\"somebody\">>).";

  private final LiveBroker broker;
  private final RabbitLab lab;

  RabbitBroadcastTest(boolean oldest) {
    BrokerOptions options = oldest ? Brokers.rabbitmq().withOldest() : Brokers.rabbitmq();
    broker = LiveBrokers.shared(options.withProcess().withProxy());
    lab = new RabbitLab(broker);
  }

  @AfterEach
  void close() throws Exception {
    lab.close();
  }

  @Test
  void what_waits_survives_a_channel_that_dies_alone_and_no_queue_is_left_over() {
    lab.messaging().topology().declareTopic(lab.topic);
    CountDownLatch hold = new CountDownLatch(1);
    Recorder recorder = new Recorder(message -> hold.await());
    var consumer =
        lab.start(lab.messaging(), lab.topic, null, recorder, builder -> builder.maxInFlight(1));
    lab.publish("first");
    recorder.await(1);
    lab.publish("waits");
    List<String> queues = queues();
    Connection connection = connection();
    String channel = readers(queues.get(0));

    eval(BREAK, queues.get(0));
    lab.publish("meanwhile");
    Eventually.await(
        "another channel",
        () -> {
          String now = readers(queues.get(0));
          return !now.isEmpty() && !now.equals(channel);
        });
    hold.countDown();

    recorder.await(run -> run.text().equals("meanwhile"));
    assertThat(recorder.texts()).containsSubsequence("first", "waits", "meanwhile");
    assertThat(queues()).isEqualTo(queues).hasSize(1);
    assertThat(connection()).isSameAs(connection);
    consumer.stop(Duration.ofSeconds(10));
    assertThat(queues()).isEmpty();
  }

  @Test
  void a_queue_that_somebody_deletes_is_made_again() {
    lab.messaging().topology().declareTopic(lab.topic);
    Recorder recorder = new Recorder();
    lab.start(lab.messaging(), lab.topic, null, recorder, builder -> builder);
    String deleted = queues().get(0);

    eval(DELETE, deleted);

    Eventually.await("another queue", () -> queues().size() == 1 && !queues().contains(deleted));
    lab.publish("after");
    recorder.await(run -> run.text().equals("after"));
  }

  @Test
  void a_queue_that_cannot_be_bound_again_is_not_left_over() throws Exception {
    String exchange = "exchange of " + lab.topic;
    var messaging = lab.open(Map.of("rabbitmq.exchange", exchange));
    messaging.topology().declareTopic(lab.topic);
    Recorder recorder = new Recorder();
    var consumer = lab.start(messaging, lab.topic, null, recorder, builder -> builder);
    List<String> before = queues();

    lab.raw().exchangeDelete(exchange);
    eval(BREAK, before.get(0));

    // The runtime declares the topic again and subscribes anew.
    Eventually.await("another queue", () -> queues().size() == 1 && !queues().equals(before));
    messaging.producer().publish(dev.missive.Message.builder(lab.topic).text("after").build());
    recorder.await(run -> run.text().equals("after"));
    consumer.stop(Duration.ofSeconds(10));
    assertThat(queues()).isEmpty();
    lab.raw().exchangeDelete(exchange);
  }

  private Connection connection() {
    return lab.messaging().unwrap(Connection.class).orElseThrow();
  }

  /** All queues that brokers named: no other test runs now. */
  private List<String> queues() {
    return broker
        .node()
        .tool("rabbitmqctl", "-q", "list_queues", "name")
        .lines()
        .filter(name -> name.startsWith("amq.gen-"))
        .toList();
  }

  /** The channels that read a queue. */
  private String readers(String queue) {
    return broker
        .node()
        .tool("rabbitmqctl", "-q", "list_consumers", "queue_name", "channel_pid")
        .lines()
        .filter(line -> line.startsWith(queue))
        .collect(Collectors.joining());
  }

  private void eval(String what, String queue) {
    broker.node().tool("rabbitmqctl", "eval", what.formatted(queue));
  }
}
