package dev.missive.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.Receipt;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What is published to a topic in the moment in which it is made (KAFKA-15591). */
@Tag("broker")
final class KafkaNewTopicTest {
  /** A broker makes one after the other, and by then has said that all of them are there. */
  private static final int PARTITIONS = 200;

  /** A producer has so many batches of a partition under way. */
  private static final int EACH = 5;

  /** Of its own: so many partitions keep it busy. */
  private final LiveBroker broker = LiveBrokers.start(Brokers.kafka());

  private final Admin admin = Admin.create(Map.of("bootstrap.servers", broker.url()));
  private final Messaging messaging =
      KafkaLab.open(broker, "classic", "kafka.client.batch.size", "1");

  @AfterEach
  void close() {
    messaging.close();
    admin.close();
    broker.close();
  }

  @Test
  void no_partition_of_a_new_topic_loses_its_first_batch() throws Exception {
    messaging.start();
    String topic = topic();

    List<CompletableFuture<Receipt>> all = new ArrayList<>();
    for (Message message : messages(topic)) {
      all.add(messaging.producer().publishAsync(message).toCompletableFuture());
    }

    CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).get(60, TimeUnit.SECONDS);
    assertInOrder(all);
  }

  private String topic() throws Exception {
    String topic = KafkaLab.topic();
    admin.createTopics(List.of(new NewTopic(topic, PARTITIONS, (short) 1))).all().get();
    Eventually.await("the broker has heard of it", () -> known(topic));
    return topic;
  }

  private boolean known(String topic) {
    try {
      return !admin.describeTopics(List.of(topic)).allTopicNames().get().isEmpty();
    } catch (ExecutionException e) {
      return false;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static List<Message> messages(String topic) {
    List<Message> messages = new ArrayList<>();
    for (int i = 0; i < EACH * PARTITIONS; i++) {
      messages.add(Message.of(topic, "key " + i / EACH, new byte[1000]));
    }
    return messages;
  }

  /** Messages of one key lie one behind the other. */
  private static void assertInOrder(List<CompletableFuture<Receipt>> receipts) {
    for (int i = 0; i < receipts.size(); i++) {
      if (i % EACH > 0) {
        assertThat(receipts.get(i).join().position().offset())
            .isGreaterThan(receipts.get(i - 1).join().position().offset());
      }
    }
  }
}
