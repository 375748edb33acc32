package dev.missive.core.publish;

import dev.missive.Capability;
import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.MessagingException;
import dev.missive.Position;
import dev.missive.PublishException;
import dev.missive.Receipt;
import dev.missive.core.connect.Await;
import dev.missive.core.connect.Connection;
import dev.missive.spi.AtomicSender;
import dev.missive.spi.Broker.Traits;
import dev.missive.spi.Time;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

/**
 * Messages that are stored together or not at all (semantics S9). Each passes the interceptors,
 * which wait for the result of the whole. Confined to the publisher's thread.
 */
final class AtomicBatch {
  private final Publisher publisher;
  private final Connection connection;
  private final Time time;
  private final PublishOptions options;
  private final List<Element> elements = new ArrayList<>();
  private final Set<Capability> needs = EnumSet.of(Capability.ATOMIC_BATCH);

  AtomicBatch(Publisher publisher, Connection connection, Time time, PublishOptions options) {
    this.publisher = publisher;
    this.connection = connection;
    this.time = time;
    this.options = options;
  }

  /**
   * One message on its way through the interceptors.
   *
   * @param message what they made of it
   * @param size its bytes
   * @param stored completed with the batch
   * @param answer what they make of that
   */
  private record Element(
      Message message,
      int size,
      CompletableFuture<Receipt> stored,
      CompletionStage<Receipt> answer) {}

  /**
   * Takes one more.
   *
   * @throws PublishException if it is refused; then the whole batch is
   */
  void add(Message message) {
    CompletableFuture<Message> reached = new CompletableFuture<>();
    CompletableFuture<Receipt> stored = new CompletableFuture<>();
    try {
      publisher.prepare(message, options, needs);
      CompletionStage<Receipt> answer =
          publisher.intercept(
              message,
              last -> {
                reached.complete(last);
                return stored;
              });
      answer.whenComplete((receipt, error) -> reached.completeExceptionally(ended(error)));
      if (!Await.completed(reached, options.deadline(), time)) {
        throw new PublishException(
            ErrorCode.PUBLISH_TIMEOUT,
            PublishException.Outcome.NOT_STORED,
            "an interceptor did not let a message of an atomic batch pass before its deadline",
            null);
      }
      Message last = joined(reached);
      elements.add(
          new Element(
              publisher.prepare(last, options, needs), publisher.check.size(last), stored, answer));
    } catch (MessagingException e) {
      PublishException failure = fail(e);
      stored.completeExceptionally(failure);
      throw failure;
    }
  }

  /** Why a message whose interceptors are done never came to their end. */
  private static Throwable ended(Throwable error) {
    return error != null
        ? Await.cause(error)
        : new PublishException(
            ErrorCode.CONFIG_INVALID,
            PublishException.Outcome.NOT_STORED,
            "an interceptor answered for a message of an atomic batch, which cannot be left out of it",
            null);
  }

  /** Stores all of them; the receipts are in order. */
  List<Receipt> publish() {
    List<Position> positions;
    try {
      positions = store();
    } catch (MessagingException e) {
      throw fail(e);
    }
    for (int i = 0; i < elements.size(); i++) {
      Position position = positions.isEmpty() ? null : positions.get(i);
      Element element = elements.get(i);
      element.stored.complete(new Receipt(element.message.id(), position));
    }
    return elements.stream().map(element -> publisher.await(element.answer)).toList();
  }

  private List<Position> store() {
    Traits traits = connection.require();
    needs.forEach(capability -> connection.check(traits, capability, "publishAtomically"));
    for (Element element : elements) {
      if (element.size > traits.maxBytes()) {
        throw new MessagingException(
            ErrorCode.TOO_LARGE,
            MessageCheck.tooLarge(element.message, element.size, connection, traits.maxBytes()));
      }
    }
    AtomicSender sender =
        connection
            .broker()
            .unwrap(AtomicSender.class)
            .orElseThrow(
                () ->
                    new MessagingException(
                        ErrorCode.INTERNAL,
                        "the adapter declares ATOMIC_BATCH and has no AtomicSender"));
    CompletableFuture<List<Position>> result =
        sender.sendAll(elements.stream().map(Element::message).toList()).toCompletableFuture();
    if (!Await.completed(result, options.deadline(), time)) {
      throw new PublishException(
          ErrorCode.PUBLISH_TIMEOUT,
          PublishException.Outcome.UNKNOWN,
          "an atomic batch of "
              + elements.size()
              + " messages was not acknowledged before its deadline",
          null);
    }
    return joined(result);
  }

  private PublishException fail(MessagingException why) {
    PublishException failure = Failures.refused(why);
    elements.forEach(element -> element.stored.completeExceptionally(failure));
    return failure;
  }

  private static <T> T joined(CompletableFuture<T> result) {
    try {
      return result.join();
    } catch (CompletionException e) {
      throw Await.unwrap(e);
    }
  }
}
