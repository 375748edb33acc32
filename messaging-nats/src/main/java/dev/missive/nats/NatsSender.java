package dev.missive.nats;

import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.Position;
import dev.missive.PublishException;
import dev.missive.PublishException.Outcome;
import dev.missive.nats.NatsInFlight.Kind;
import dev.missive.spi.AtomicSender;
import dev.missive.spi.Destination;
import dev.missive.spi.Sender;
import dev.missive.spi.Time;
import io.nats.client.NUID;
import io.nats.client.impl.Headers;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** Publishes over one epoch. Thread-safe. */
final class NatsSender implements Sender, AtomicSender {
  private static final int LARGEST_BATCH = 1000;
  private static final String BATCH = "Nats-Batch-Id";
  private static final String BATCH_SEQUENCE = "Nats-Batch-Sequence";
  private static final String BATCH_COMMIT = "Nats-Batch-Commit";

  private final @Nullable NatsEpoch epoch;
  private final NatsSettings settings;
  private final NatsNames names;
  private final Time time;
  private final Executor results;

  /**
   * Makes one.
   *
   * @param epoch what it sends over; null if there is no connection
   * @param results runs results that are known at once
   */
  NatsSender(
      @Nullable NatsEpoch epoch,
      NatsSettings settings,
      NatsNames names,
      Time time,
      Executor results) {
    this.epoch = epoch;
    this.settings = settings;
    this.names = names;
    this.time = time;
    this.results = results;
  }

  @Override
  public void send(Destination to, Message message, @Nullable Instant notBefore, Result result) {
    NatsEpoch over = epoch;
    if (over == null) {
      results.execute(() -> result.failed(NatsErrors.lost(Outcome.NOT_STORED)));
      return;
    }
    boolean topic = to instanceof Destination.Topic;
    if (topic && notBefore != null && tooLong(notBefore)) {
      results.execute(
          () ->
              result.failed(NatsErrors.delayTooLong(message.topic(), settings.maxAge.toString())));
      return;
    }
    Kind kind = topic ? Kind.TOPIC : to instanceof Destination.Reply ? Kind.REPLY : Kind.COPY;
    // Only at its topic: the id of a copy would swallow the copies of other groups, and the next
    // retry of this one.
    Headers headers = NatsMessages.headers(message, to, notBefore, topic && settings.dedup);
    over.send(subject(to), kind, headers, NatsMessages.payload(message), time.nanos(), result);
  }

  private boolean tooLong(Instant notBefore) {
    Duration half = settings.maxAge.dividedBy(2);
    return !half.isZero() && Duration.between(time.now(), notBefore).compareTo(half) > 0;
  }

  private String subject(Destination to) {
    if (to instanceof Destination.Topic topic) {
      return names.subject(topic.topic());
    } else if (to instanceof Destination.Group group) {
      return names.direct(group.topic(), group.group());
    } else if (to instanceof Destination.DeadLetters letters) {
      return names.deadLetters(letters.topic(), letters.group());
    }
    return ((Destination.Reply) to).address();
  }

  @Override
  public CompletionStage<List<Position>> sendAll(List<Message> messages) {
    NatsEpoch over = epoch;
    if (over == null) {
      return CompletableFuture.failedFuture(NatsErrors.lost(Outcome.NOT_STORED));
    }
    if (messages.isEmpty()) {
      return CompletableFuture.completedFuture(List.of());
    }
    return check(over, messages)
        .thenCompose(
            wrong ->
                wrong == null
                    ? sendTogether(over, messages)
                    : CompletableFuture.failedFuture(wrong));
  }

  private CompletionStage<List<Position>> sendTogether(NatsEpoch over, List<Message> messages) {
    CompletableFuture<List<Position>> done = new CompletableFuture<>();
    Destination to = new Destination.Topic(messages.get(0).topic());
    String batch = NUID.nextGlobal();
    int size = messages.size();
    for (int i = 0; i < size; i++) {
      Message message = messages.get(i);
      Headers headers = NatsMessages.headers(message, to, null, false);
      headers.put(BATCH, batch).put(BATCH_SEQUENCE, Integer.toString(i + 1));
      byte[] payload = NatsMessages.payload(message);
      if (i < size - 1) {
        try {
          over.publish(subject(to), null, headers, payload);
        } catch (IllegalStateException | IllegalArgumentException e) {
          // Without its commit the server forgets what it has of the batch.
          done.completeExceptionally(NatsErrors.unsendable(e));
          return done;
        }
      } else {
        headers.put(BATCH_COMMIT, "1");
        over.send(
            subject(to), Kind.TOPIC, headers, payload, time.nanos(), new Committed(done, size));
      }
    }
    return done;
  }

  /** What is wrong with a batch; a topic that is missing before anything else. */
  private CompletionStage<@Nullable PublishException> check(
      NatsEpoch over, List<Message> messages) {
    List<String> topics = messages.stream().map(Message::topic).distinct().toList();
    if (topics.size() == 1) {
      return CompletableFuture.completedFuture(
          messages.size() > LARGEST_BATCH
              ? NatsErrors.batchTooLarge(messages.size(), LARGEST_BATCH)
              : null);
    }
    CompletionStage<@Nullable PublishException> wrong =
        CompletableFuture.completedFuture(NatsErrors.batchOfTopics(topics));
    for (String topic : topics) {
      String subject = names.subject(topic);
      wrong =
          wrong.thenCombine(
              over.stored(subject),
              (found, there) -> there ? found : NatsErrors.topicMissing(subject));
    }
    return wrong;
  }

  /** The acknowledgement of the last message is that of all. */
  private record Committed(CompletableFuture<List<Position>> done, int size) implements Result {
    @Override
    public void stored(int partition, long offset) {
      List<Position> positions = new ArrayList<>(size);
      for (int i = 0; i < size; i++) {
        positions.add(new Position(0, offset - size + 1 + i));
      }
      done.complete(List.copyOf(positions));
    }

    @Override
    public void failed(PublishException failure) {
      // A topic that was made by an older server does not allow batches.
      done.completeExceptionally(
          failure.code() == ErrorCode.PUBLISH_REJECTED
              ? new PublishException(
                  ErrorCode.PUBLISH_REJECTED,
                  Outcome.NOT_STORED,
                  "NATS stored nothing of a batch; its stream needs allow_atomic, which it gets when the topic is declared again",
                  failure)
              : failure);
    }
  }
}
