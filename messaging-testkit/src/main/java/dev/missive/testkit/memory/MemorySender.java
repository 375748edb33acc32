package dev.missive.testkit.memory;

import static java.util.Objects.requireNonNull;

import dev.missive.Message;
import dev.missive.Position;
import dev.missive.PublishException;
import dev.missive.spi.AtomicSender;
import dev.missive.spi.Destination;
import dev.missive.spi.Sender;
import dev.missive.testkit.memory.MemoryMessages.Stored;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Publishes over one epoch of a connection. Thread-safe.
 *
 * <p>What is stored of a message is read on the caller's thread, which has just made it.
 */
final class MemorySender implements Sender, AtomicSender {
  private final MemoryConnection connection;
  private final MemoryEpoch epoch;

  MemorySender(MemoryConnection connection, MemoryEpoch epoch) {
    this.connection = connection;
    this.epoch = epoch;
  }

  @Override
  public void send(Destination to, Message message, @Nullable Instant notBefore, Result result) {
    connection.submit(new Send(epoch, to, message, notBefore, result));
  }

  @Override
  public CompletionStage<List<Position>> sendAll(List<Message> messages) {
    CompletableFuture<List<Position>> done = new CompletableFuture<>();
    connection.submit(new SendAll(epoch, messages, done));
    return done;
  }

  /** One message. */
  private static final class Send extends MemoryPublish {
    private final Destination to;
    private final @Nullable Stored message;
    private final @Nullable Instant notBefore;
    private final Result result;
    private long offset;

    Send(
        MemoryEpoch epoch,
        Destination to,
        Message message,
        @Nullable Instant notBefore,
        Result result) {
      super(epoch);
      this.to = to;
      this.message = read(() -> new Stored(message));
      this.notBefore = notBefore;
      this.result = result;
    }

    @Override
    void store(MemoryServer server, MemorySettings settings) {
      offset = server.store.store(to, requireNonNull(message), notBefore, settings);
    }

    @Override
    void stored() {
      result.stored(offset < 0 ? -1 : 0, offset);
    }

    @Override
    void failed(PublishException why) {
      result.failed(why);
    }
  }

  /** All of a batch or nothing. */
  private static final class SendAll extends MemoryPublish {
    private final @Nullable List<Stored> messages;
    private final CompletableFuture<List<Position>> done;
    private List<Position> positions = List.of();

    SendAll(MemoryEpoch epoch, List<Message> messages, CompletableFuture<List<Position>> done) {
      super(epoch);
      this.messages = read(() -> messages.stream().map(Stored::new).toList());
      this.done = done;
    }

    @Override
    void store(MemoryServer server, MemorySettings settings) {
      positions =
          server.store.storeAll(requireNonNull(messages), settings).stream()
              .map(offset -> new Position(0, offset))
              .toList();
    }

    @Override
    void stored() {
      done.complete(positions);
    }

    @Override
    void failed(PublishException why) {
      done.completeExceptionally(why);
    }
  }
}
