package dev.missive.nats;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import io.nats.client.JetStreamManagement;
import io.nats.client.api.AckPolicy;
import io.nats.client.api.ConsumerConfiguration;
import io.nats.client.api.RetentionPolicy;
import io.nats.client.api.StorageType;
import io.nats.client.api.StreamConfiguration;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** A system of others: one stream for many subjects, names of their own. */
@Tag("broker")
@ParameterizedClass(name = "oldest={0}")
@ValueSource(booleans = {false, true})
final class NatsForeignTest {
  private final NatsLab lab;
  private final Shop shop;

  NatsForeignTest(boolean oldest) {
    lab = new NatsLab(LiveBrokers.shared(oldest ? Brokers.nats().withOldest() : Brokers.nats()));
    shop = new Shop("shop-" + lab.topic.replace('.', '-'));
  }

  /** How the others call things. */
  private record Shop(String name) implements NatsNames {
    @Override
    public String subject(String topic) {
      return name + ".in." + topic;
    }

    @Override
    public String stream(String topic) {
      return name;
    }

    @Override
    public String consumer(String topic, String group) {
      return group + "-of-" + name;
    }

    @Override
    public String directStream() {
      return name + "-again";
    }

    @Override
    public String directPrefix() {
      return name + ".again";
    }

    @Override
    public String deadLetterStream() {
      return name + "-failed";
    }

    @Override
    public String deadLetterPrefix() {
      return name + ".failed";
    }
  }

  @AfterEach
  void close() throws Exception {
    JetStreamManagement js = lab.raw().jetStreamManagement();
    for (String stream : js.getStreamNames()) {
      if (stream.startsWith(shop.name)) {
        js.deleteStream(stream);
      }
    }
    lab.close();
  }

  private UnaryOperator<Messaging.Builder> adapter() {
    return builder -> builder.providers(new NatsBrokerProvider(shop, UnaryOperator.identity()));
  }

  @Test
  void streams_of_others_are_joined_as_they_are() throws Exception {
    String group = NatsLab.GROUP;
    stream(shop.name, shop.name + ".in.>", RetentionPolicy.Limits);
    stream(shop.directStream(), shop.directPrefix() + ".>", RetentionPolicy.WorkQueue);
    stream(shop.deadLetterStream(), shop.deadLetterPrefix() + ".>", RetentionPolicy.WorkQueue);
    String shared = shop.shared(lab.topic, group);
    consumer(shop.name, shop.consumer(lab.topic, group), shop.subject(lab.topic));
    consumer(shop.directStream(), shared, shop.direct(lab.topic, group));
    consumer(shop.deadLetterStream(), shared, shop.deadLetters(lab.topic, group));
    Queue<String> got = new ConcurrentLinkedQueue<>();
    Messaging messaging = lab.open(adapter(), "topology.mode", "NONE");
    lab.start(
        messaging,
        message -> {
          got.add(NatsLab.text(message));
          if (NatsLab.text(message).equals("bad")) {
            throw new IllegalStateException("cannot be read");
          }
        });

    lab.raw().publish(shop.subject(lab.topic), "good".getBytes(UTF_8));
    lab.raw().publish(shop.subject(lab.topic), "bad".getBytes(UTF_8));
    lab.raw().publish(shop.subject("something.else"), "not ours".getBytes(UTF_8));
    messaging.producer().publish(Message.builder(lab.topic).text("ours").build());

    Eventually.await("its dead letter", () -> messaging.deadLetters().count(lab.topic, group) == 1);
    // Once each of those that can be handled, three attempts of the other.
    assertThat(got).containsExactlyInAnyOrder("good", "bad", "bad", "bad", "ours");
    assertThat(messaging.topology().depth(lab.topic, group).lag()).isZero();
  }

  @Test
  void names_of_others_are_declared() throws Exception {
    Queue<String> got = new ConcurrentLinkedQueue<>();
    Messaging messaging = lab.open(adapter());
    lab.start(messaging, message -> got.add(NatsLab.text(message)));

    messaging.producer().publish(lab.message("x"));

    Eventually.await("the message", () -> got.contains("x"));
    JetStreamManagement js = lab.raw().jetStreamManagement();
    assertThat(js.getStreamNames())
        .contains(shop.name, shop.directStream(), shop.deadLetterStream());
    assertThat(js.getConsumerNames(shop.name))
        .containsExactly(shop.consumer(lab.topic, NatsLab.GROUP));
  }

  private void stream(String name, String subject, RetentionPolicy retention) throws Exception {
    lab.raw()
        .jetStreamManagement()
        .addStream(
            StreamConfiguration.builder()
                .name(name)
                .subjects(subject)
                .retentionPolicy(retention)
                .storageType(StorageType.Memory)
                .maxMessages(1000)
                .build());
  }

  private void consumer(String stream, String name, String subject) throws Exception {
    lab.raw()
        .jetStreamManagement()
        .addOrUpdateConsumer(
            stream,
            ConsumerConfiguration.builder()
                .durable(name)
                .filterSubject(subject)
                .ackPolicy(AckPolicy.Explicit)
                .ackWait(Duration.ofSeconds(3))
                .build());
  }
}
