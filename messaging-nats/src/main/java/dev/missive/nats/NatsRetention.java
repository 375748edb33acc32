package dev.missive.nats;

import dev.missive.MessagingException;
import dev.missive.PublishException;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamManagement;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * How long the streams of topics keep messages, which bounds how long one may wait there: a delay
 * over half of that could be silent loss (semantics S20). The server is asked, because others may
 * have made the stream, and asked again after a while, because they may change it. Thread-safe.
 */
final class NatsRetention {
  private static final Duration BELIEVED = Duration.ofMinutes(1);
  private static final String QUESTIONS = "$JS.API.STREAM.";

  private record Known(Duration keeps, long atNanos) {}

  /** What waits for an answer. */
  private record Waiting(Consumer<Duration> known, Consumer<PublishException> unknown) {}

  private final NatsConnection connection;
  private final NatsLink link;
  private final Duration patience;
  private final Map<String, Known> known = new HashMap<>();
  private final Map<String, List<Waiting>> asked = new HashMap<>();
  private final Object lock = new Object();

  /**
   * Makes one that knows nothing.
   *
   * @param link over which it asks
   * @param patience how long an answer may take
   */
  NatsRetention(NatsConnection connection, NatsLink link, Duration patience) {
    this.connection = connection;
    this.link = link;
    this.patience = patience;
  }

  /**
   * Runs one of the two, in the order of the calls for one topic; the first one at once if it is
   * known, the other one never on the caller's thread.
   *
   * @param then gets how long messages of the topic are kept; zero = for ever
   */
  void whenKnown(String topic, Consumer<Duration> then, Consumer<PublishException> otherwise) {
    synchronized (lock) {
      Known found = known.get(topic);
      if (found != null && now() - found.atNanos < BELIEVED.toNanos()) {
        then.accept(found.keeps);
        return;
      }
      List<Waiting> queue = asked.get(topic);
      if (queue == null) {
        queue = new ArrayList<>();
        asked.put(topic, queue);
        ask(topic);
      }
      queue.add(new Waiting(then, otherwise));
    }
  }

  private long now() {
    return connection.time().nanos();
  }

  private void ask(String topic) {
    long since = System.nanoTime();
    Runnable inTime =
        connection.time().schedule(patience, () -> failed(topic, unanswered(topic, since)));
    connection.block(
        () -> {
          try {
            known(topic, kept(connection.names().subject(topic)));
          } catch (MessagingException e) {
            failed(topic, NatsErrors.retentionUnknown(topic, e));
          }
          inTime.run();
        });
  }

  /** What is forbidden has no answer. */
  private PublishException unanswered(String topic, long since) {
    String violation = link.violation(since);
    return violation != null && violation.contains(QUESTIONS)
        ? NatsErrors.retentionForbidden(topic)
        : NatsErrors.retentionUnanswered(topic);
  }

  private Duration kept(String subject) {
    return connection.natsAdmin().now("how long " + subject + " is kept", js -> kept(js, subject));
  }

  private static Duration kept(JetStreamManagement js, String subject)
      throws IOException, JetStreamApiException {
    // By its subject: whoever only publishes need not know what the stream is called.
    List<String> streams = js.getStreamNames(subject);
    if (streams.isEmpty()) {
      throw NatsErrors.topicMissing(subject);
    }
    Duration age = js.getStreamInfo(streams.get(0)).getConfiguration().getMaxAge();
    return age == null ? Duration.ZERO : age;
  }

  private void known(String topic, Duration keeps) {
    synchronized (lock) {
      known.put(topic, new Known(keeps, now()));
      // Under the lock, so that nothing overtakes.
      take(topic).forEach(waiting -> waiting.known.accept(keeps));
    }
  }

  private void failed(String topic, PublishException why) {
    List<Waiting> queue;
    synchronized (lock) {
      queue = take(topic);
    }
    queue.forEach(waiting -> waiting.unknown.accept(why));
  }

  private List<Waiting> take(String topic) {
    List<Waiting> queue = asked.remove(topic);
    return queue == null ? List.of() : queue;
  }
}
