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
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Publishes batches over one link, each of which is stored as a whole. Thread-safe. */
final class NatsAtomicSender implements AtomicSender {
  private static final int LARGEST_BATCH = 1000;
  private static final String BATCH = "Nats-Batch-Id";
  private static final String BATCH_SEQUENCE = "Nats-Batch-Sequence";
  private static final String BATCH_COMMIT = "Nats-Batch-Commit";

  private final NatsLink link;
  private final NatsNames names;
  private final Time time;

  NatsAtomicSender(NatsLink link, NatsNames names, Time time) {
    this.link = link;
    this.names = names;
    this.time = time;
  }

  @Override
  public CompletionStage<List<Position>> sendAll(List<Message> messages) {
    if (messages.isEmpty()) {
      return CompletableFuture.completedFuture(List.of());
    }
    return check(messages)
        .thenCompose(
            wrong ->
                wrong == null ? sendTogether(messages) : CompletableFuture.failedFuture(wrong));
  }

  private CompletionStage<List<Position>> sendTogether(List<Message> messages) {
    CompletableFuture<List<Position>> done = new CompletableFuture<>();
    Destination.Topic to = new Destination.Topic(messages.get(0).topic());
    String subject = names.subject(to.topic());
    String batch = NUID.nextGlobal();
    int size = messages.size();
    for (int i = 0; i < size; i++) {
      Message message = messages.get(i);
      Headers headers = NatsMessages.headers(message, to, null, false);
      headers.put(BATCH, batch).put(BATCH_SEQUENCE, Integer.toString(i + 1));
      byte[] payload = NatsMessages.payload(message);
      if (i < size - 1) {
        try {
          link.publish(subject, null, headers, payload);
        } catch (IllegalStateException | IllegalArgumentException e) {
          // Without its commit the server forgets what it has of the batch.
          done.completeExceptionally(NatsErrors.unsendable(e));
          return done;
        }
      } else {
        headers.put(BATCH_COMMIT, "1");
        link.send(subject, Kind.TOPIC, headers, payload, time.nanos(), new Committed(done, size));
      }
    }
    return done;
  }

  /** What is wrong with a batch; a topic that is missing before anything else. */
  private CompletionStage<@Nullable PublishException> check(List<Message> messages) {
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
              link.stored(subject),
              (found, there) -> there ? found : NatsErrors.topicMissing(subject));
    }
    return wrong;
  }

  /** The acknowledgement of the last message is that of all. */
  private record Committed(CompletableFuture<List<Position>> done, int size)
      implements Sender.Result {
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
