package dev.missive.testkit.memory;

import dev.missive.Message;
import dev.missive.Position;
import dev.missive.PublishException;
import dev.missive.spi.AtomicSender;
import dev.missive.spi.Destination;
import dev.missive.spi.Sender;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Publishes over one epoch of a connection. Thread-safe. */
final class MemorySender implements Sender, AtomicSender {
  private final MemoryConnection connection;
  private final MemoryConnection.Epoch epoch;

  MemorySender(MemoryConnection connection, MemoryConnection.Epoch epoch) {
    this.connection = connection;
    this.epoch = epoch;
  }

  @Override
  public void send(Destination to, Message message, @Nullable Instant notBefore, Result result) {
    connection.submit(new Send(to, message, notBefore, result));
  }

  @Override
  public CompletionStage<List<Position>> sendAll(List<Message> messages) {
    CompletableFuture<List<Position>> done = new CompletableFuture<>();
    connection.submit(new SendAll(List.copyOf(messages), done));
    return done;
  }

  /** One message on its way. */
  final class Send extends MemoryCommand {
    private final Destination to;
    private final Message message;
    private final @Nullable Instant notBefore;
    private final Result result;
    private @Nullable PublishException failure;
    private long offset;
    private boolean withheld;

    Send(Destination to, Message message, @Nullable Instant notBefore, Result result) {
      this.to = to;
      this.message = message;
      this.notBefore = notBefore;
      this.result = result;
    }

    @Override
    void execute() {
      if (!epoch.alive) {
        failure = MemoryErrors.lost(false);
        return;
      }
      MemoryServer server = connection.server();
      if (server.faults.blocked) {
        withheld = true;
        epoch.held.add(this);
        return;
      }
      store(server);
      if (failure == null && server.faults.withholdConfirm()) {
        withheld = true;
        epoch.held.add(this);
      }
    }

    private void store(MemoryServer server) {
      try {
        offset = server.store(to, message, notBefore);
        failure = null;
      } catch (PublishException e) {
        failure = e;
      }
    }

    @Override
    void report() {
      if (withheld) {
        return;
      }
      if (failure == null) {
        result.stored(offset < 0 ? -1 : 0, offset);
      } else {
        result.failed(failure);
      }
    }

    /** The alarm is over, or confirms flow again. */
    void proceed(boolean stored) {
      withheld = false;
      if (!stored) {
        store(connection.server());
      }
    }

    /** The connection went while the broker held it. */
    void lost(boolean maybeStored) {
      withheld = false;
      failure = MemoryErrors.lost(maybeStored);
    }
  }

  private final class SendAll extends MemoryCommand {
    private final List<Message> messages;
    private final CompletableFuture<List<Position>> done;
    private final List<Position> positions = new ArrayList<>();
    private @Nullable PublishException failure;

    SendAll(List<Message> messages, CompletableFuture<List<Position>> done) {
      this.messages = messages;
      this.done = done;
    }

    @Override
    void execute() {
      try {
        if (!epoch.alive) {
          throw MemoryErrors.lost(false);
        }
        messages.forEach(
            message -> connection.server().admit(new Destination.Topic(message.topic()), message));
        for (Message message : messages) {
          positions.add(
              new Position(
                  0,
                  connection
                      .server()
                      .store(new Destination.Topic(message.topic()), message, null)));
        }
      } catch (PublishException e) {
        failure = e;
      }
    }

    @Override
    void report() {
      if (failure == null) {
        done.complete(List.copyOf(positions));
      } else {
        done.completeExceptionally(failure);
      }
    }
  }
}
