package dev.missive.kafka;

import dev.missive.Message;
import dev.missive.Position;
import dev.missive.PublishException;
import dev.missive.PublishException.Outcome;
import dev.missive.spi.AtomicSender;
import dev.missive.spi.Destination;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.jspecify.annotations.Nullable;

/**
 * Batches in transactions, one after another. A producer that failed in a way it cannot leave is
 * replaced. Thread-safe.
 */
final class KafkaAtomicSender implements AtomicSender {
  private static final Logger LOG = System.getLogger("dev.missive.kafka");
  private static final Duration LONGEST = Duration.ofSeconds(20);

  private final KafkaConnection connection;
  private final String id;
  private final Object lock = new Object();
  private CompletableFuture<?> last = CompletableFuture.completedFuture(null);
  private @Nullable KafkaProducer<byte[], byte[]> producer;

  KafkaAtomicSender(KafkaConnection connection) {
    this.connection = connection;
    this.id = "missive-" + connection.context().clientName() + "-" + UUID.randomUUID();
  }

  @Override
  public CompletionStage<List<Position>> sendAll(List<Message> messages) {
    List<Message> all = List.copyOf(messages);
    synchronized (lock) {
      CompletableFuture<List<Position>> mine =
          last.handle((nothing, error) -> all)
              .thenCompose(batch -> connection.work("sending an atomic batch", () -> send(batch)));
      last = mine;
      return mine;
    }
  }

  private List<Position> send(List<Message> messages) throws Exception {
    TreeSet<String> topics = new TreeSet<>();
    messages.forEach(message -> topics.add(message.topic()));
    Outcome outcome = Outcome.NOT_STORED;
    KafkaProducer<byte[], byte[]> open = null;
    try {
      KafkaFutures.get(connection.client().describeTopics(topics).allTopicNames());
      open = open();
      open.beginTransaction();
      List<Future<RecordMetadata>> sent = new ArrayList<>(messages.size());
      for (Message message : messages) {
        sent.add(
            open.send(
                KafkaMessages.record(
                    message.topic(),
                    new Destination.Topic(message.topic()),
                    message,
                    message.deliverAt())));
      }
      open.flush();
      List<Position> positions = positions(sent);
      outcome = Outcome.UNKNOWN;
      open.commitTransaction();
      return positions;
    } catch (RuntimeException | ExecutionException e) {
      boolean undone = open == null || undo(open, outcome);
      PublishException why = KafkaErrors.publish(e, String.join(", ", topics), true, false);
      throw new PublishException(
          why.code(),
          undone ? Outcome.NOT_STORED : outcome,
          "an atomic batch to "
              + String.join(", ", topics)
              + " was not stored: "
              + KafkaErrors.plain(e).getClass().getSimpleName(),
          e);
    }
  }

  private static List<Position> positions(List<Future<RecordMetadata>> sent)
      throws ExecutionException, InterruptedException {
    List<Position> positions = new ArrayList<>(sent.size());
    ExecutionException refused = null;
    for (Future<RecordMetadata> future : sent) {
      try {
        RecordMetadata at = future.get();
        positions.add(new Position(at.partition(), at.offset()));
      } catch (ExecutionException e) {
        // That of the record that is to blame says what to do.
        refused = refused == null || KafkaErrors.refusedWithAnother(refused) ? e : refused;
      }
    }
    if (refused != null) {
      throw refused;
    }
    return List.copyOf(positions);
  }

  private KafkaProducer<byte[], byte[]> open() {
    KafkaProducer<byte[], byte[]> open;
    synchronized (lock) {
      open = producer;
    }
    if (open == null) {
      open = connection.clients().producer(LONGEST, id);
      try {
        open.initTransactions();
      } catch (RuntimeException e) {
        open.close(Duration.ZERO);
        throw e;
      }
      synchronized (lock) {
        producer = open;
      }
    }
    return open;
  }

  /** Whether nothing of it will be seen. */
  private boolean undo(KafkaProducer<byte[], byte[]> open, Outcome outcome) {
    // One whose commit has no answer takes nothing else any more, not even an abort.
    if (outcome == Outcome.NOT_STORED) {
      try {
        open.abortTransaction();
        return true;
      } catch (RuntimeException e) {
        LOG.log(Level.DEBUG, "a transaction is ended by the next producer", e);
      }
    }
    // The next one begins with a new producer, which ends what this one left.
    synchronized (lock) {
      producer = null;
    }
    open.close(Duration.ZERO);
    return false;
  }

  void close() {
    synchronized (lock) {
      if (producer != null) {
        producer.close(Duration.ZERO);
      }
      producer = null;
    }
  }
}
