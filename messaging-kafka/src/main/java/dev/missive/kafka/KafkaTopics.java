package dev.missive.kafka;

import dev.missive.MessagingException;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.jspecify.annotations.Nullable;

/**
 * Which topics exist. Before the first send to a topic the cluster is asked, because a send would
 * make the broker create it, and the producer learns its partitions, because a send would wait for
 * them. Thread-safe.
 */
final class KafkaTopics {
  /** What waits for an answer. */
  private record Waiting(Runnable known, Consumer<MessagingException> unknown) {}

  private final KafkaConnection connection;
  private final KafkaProducers producers;
  private final Set<String> known = ConcurrentHashMap.newKeySet();
  private final Map<String, ArrayDeque<Waiting>> asked = new HashMap<>();
  private final Object lock = new Object();

  KafkaTopics(KafkaConnection connection, KafkaProducers producers) {
    this.connection = connection;
    this.producers = producers;
  }

  /**
   * Runs one of the two, in the order of the calls for one topic; the first one at once if known.
   */
  void whenKnown(String topic, Runnable then, Consumer<MessagingException> otherwise) {
    if (known.contains(topic)) {
      then.run();
      return;
    }
    synchronized (lock) {
      if (!known.contains(topic)) {
        ArrayDeque<Waiting> queue = asked.get(topic);
        if (queue != null) {
          queue.add(new Waiting(then, otherwise));
          return;
        }
        queue = new ArrayDeque<>();
        queue.add(new Waiting(then, otherwise));
        asked.put(topic, queue);
        ask(topic);
        return;
      }
    }
    then.run();
  }

  /** It has vanished, or may have: the next send asks again. */
  void forget(String topic) {
    known.remove(topic);
  }

  void forget() {
    known.clear();
  }

  private void ask(String topic) {
    connection
        .work(
            "looking for the topic " + topic,
            () -> {
              KafkaFutures.get(connection.client().describeTopics(List.of(topic)).allTopicNames());
              KafkaProducer<byte[], byte[]> producer = producers.producer();
              if (producer != null) {
                producer.partitionsFor(topic);
              }
              return topic;
            })
        .whenComplete(
            (found, error) ->
                answer(
                    topic,
                    error == null
                        ? null
                        : KafkaErrors.of(error, "looking for the topic " + topic)));
  }

  private void answer(String topic, @Nullable MessagingException error) {
    ArrayDeque<Waiting> failed = new ArrayDeque<>();
    synchronized (lock) {
      ArrayDeque<Waiting> queue = asked.remove(topic);
      if (queue == null) {
        return;
      }
      if (error == null) {
        // Under the lock, so that nothing overtakes.
        queue.forEach(waiting -> waiting.known.run());
        known.add(topic);
      } else {
        failed = queue;
      }
    }
    failed.forEach(waiting -> waiting.unknown.accept(error));
  }
}
