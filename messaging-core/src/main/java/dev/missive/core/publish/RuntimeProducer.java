package dev.missive.core.publish;

import static java.util.Objects.requireNonNull;

import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.Producer;
import dev.missive.PublishException;
import dev.missive.PublishResult;
import dev.missive.Receipt;
import dev.missive.TypedProducer;
import dev.missive.core.connect.Await;
import dev.missive.core.connect.Connection;
import dev.missive.spi.Time;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** A producer over the connection's {@link Publisher}. Thread-safe. */
public final class RuntimeProducer implements Producer {
  private final Publisher publisher;
  private final Connection connection;
  private final Time time;
  private final TypedProducers typed;
  private final PublishOptions options;
  private final PublishOptions direct;

  /**
   * Makes one.
   *
   * @param publisher publishes
   * @param connection knows what the broker can do
   * @param time the clock
   * @param typed makes typed views
   * @param options how to publish
   */
  public RuntimeProducer(
      Publisher publisher,
      Connection connection,
      Time time,
      TypedProducers typed,
      PublishOptions options) {
    this.publisher = publisher;
    this.connection = connection;
    this.time = time;
    this.typed = typed;
    this.options = options;
    // Only the waiting caller depends on the future, so it may be completed where the result
    // arrives.
    this.direct = options.completing(Runnable::run);
  }

  @Override
  public Receipt publish(Message message) {
    publisher.requireMayWait("publish()");
    return publisher.await(publishWith(message, direct));
  }

  @Override
  public CompletionStage<Receipt> publishAsync(Message message) {
    return publishWith(message, options);
  }

  @Override
  public List<PublishResult> publishBatch(List<Message> messages) {
    publisher.requireMayWait("publishBatch()");
    messages.forEach(message -> requireNonNull(message, "message"));
    List<CompletionStage<Receipt>> stages = new ArrayList<>(messages.size());
    messages.forEach(message -> stages.add(publishWith(message, direct)));
    List<PublishResult> results = new ArrayList<>(stages.size());
    for (CompletionStage<Receipt> stage : stages) {
      try {
        results.add(new PublishResult(publisher.await(stage), null));
      } catch (RuntimeException e) {
        results.add(new PublishResult(null, Failures.intercepted(e)));
      }
    }
    return List.copyOf(results);
  }

  @Override
  public List<Receipt> publishAtomically(List<Message> messages) {
    publisher.requireMayWait("publishAtomically()");
    checkOpen();
    AtomicBatch batch = new AtomicBatch(publisher, connection, time, options);
    messages.forEach(message -> batch.add(requireNonNull(message, "message")));
    return batch.publish();
  }

  @Override
  public <T> TypedProducer<T> typed(String topic, Class<T> type) {
    return typed.make(this, requireNonNull(topic, "topic"), requireNonNull(type, "type"));
  }

  @Override
  public void flush() {
    publisher.requireMayWait("flush()");
    options.inFlight().flush().toCompletableFuture().join();
  }

  @Override
  public void close() {
    CompletionStage<Void> closed = beginClose();
    // A thread that brings answers would wait for itself. Every publish ends at its deadline, so
    // this wait ends too.
    if (publisher.mayWait()) {
      Await.completed(closed, options.deadline(), time);
    }
  }

  /** {@return whether it was closed and everything is complete} */
  public boolean ended() {
    return options.inFlight().ended();
  }

  /**
   * Accepts nothing more; completes when everything accepted is complete.
   *
   * @return never exceptional
   */
  public CompletionStage<Void> beginClose() {
    return options.inFlight().close();
  }

  private CompletionStage<Receipt> publishWith(Message message, PublishOptions how) {
    requireNonNull(message, "message");
    return publisher.publish(message, how);
  }

  private void checkOpen() {
    if (options.inFlight().closed()) {
      throw new PublishException(
          ErrorCode.CLOSED,
          PublishException.Outcome.NOT_STORED,
          "this producer was closed. Open a new one",
          null);
    }
  }
}
