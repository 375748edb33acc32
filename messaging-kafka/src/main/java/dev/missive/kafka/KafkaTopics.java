package dev.missive.kafka;

import dev.missive.MessagingException;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
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
  private record Waiting(Consumer<KafkaRetention> known, Consumer<MessagingException> unknown) {}

  private final KafkaConnection connection;
  private final KafkaProducers producers;
  private final Map<String, KafkaRetention> known = new ConcurrentHashMap<>();
  private final Map<String, ArrayDeque<Waiting>> asked = new HashMap<>();
  private final Object lock = new Object();

  KafkaTopics(KafkaConnection connection, KafkaProducers producers) {
    this.connection = connection;
    this.producers = producers;
  }

  /** How long a topic keeps messages; null if nobody has asked whether it exists. */
  @Nullable KafkaRetention known(String topic) {
    return known.get(topic);
  }

  /**
   * Runs one of the two, in the order of the calls for one topic; the first one at once if known.
   */
  void whenKnown(
      String topic, Consumer<KafkaRetention> then, Consumer<MessagingException> otherwise) {
    KafkaRetention found;
    synchronized (lock) {
      found = known.get(topic);
      if (found == null) {
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
    then.accept(found);
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
              connection.writable(topic);
              KafkaProducer<byte[], byte[]> producer = producers.producer();
              if (producer != null) {
                producer.partitionsFor(topic);
              }
              return connection.retention(topic);
            })
        .whenComplete(
            (retention, error) ->
                answer(
                    topic,
                    retention,
                    error == null
                        ? null
                        : KafkaErrors.of(error, "looking for the topic " + topic)));
  }

  private void answer(
      String topic, @Nullable KafkaRetention retention, @Nullable MessagingException error) {
    ArrayDeque<Waiting> failed = new ArrayDeque<>();
    synchronized (lock) {
      ArrayDeque<Waiting> queue = asked.remove(topic);
      if (queue == null) {
        return;
      }
      if (retention != null) {
        // Under the lock, so that nothing overtakes.
        queue.forEach(waiting -> waiting.known.accept(retention));
        known.put(topic, retention);
      } else {
        failed = queue;
      }
    }
    if (error != null) {
      failed.forEach(waiting -> waiting.unknown.accept(error));
    }
  }
}
