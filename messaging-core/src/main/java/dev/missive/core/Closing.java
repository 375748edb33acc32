package dev.missive.core;

import dev.missive.DrainReport;
import dev.missive.core.connect.Await;
import dev.missive.core.consume.Consumers;
import dev.missive.core.consume.RuntimeConsumer;
import dev.missive.core.publish.RuntimeProducer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Ends a connection, once: its consumers, its requester, its producers, the broker's side, its
 * threads, in this order.
 */
final class Closing {
  /** With what a drain takes past its timeout this leaves room within the promised second. */
  private static final Duration LAST_WORD = Duration.ofMillis(250);

  private final Assembly assembly;
  private final Consumers consumers;
  private final List<RuntimeProducer> producers;
  private final Runnable closeRequester;
  private final CompletableFuture<Void> begun = new CompletableFuture<>();
  private final CompletableFuture<Void> late = new CompletableFuture<>();
  private final CompletableFuture<List<DrainReport>> done = new CompletableFuture<>();
  private volatile List<RuntimeConsumer> stopping = List.of();

  Closing(
      Assembly assembly,
      Consumers consumers,
      List<RuntimeProducer> producers,
      Runnable closeRequester) {
    this.assembly = assembly;
    this.consumers = consumers;
    this.producers = producers;
    this.closeRequester = closeRequester;
  }

  /**
   * Ends it on the caller's thread, or on one of its own if the caller must not wait.
   *
   * @param timeout how long handlers and publishes may take
   */
  void begin(Duration timeout) {
    try {
      endBy(timeout);
      consumers.all().forEach(RuntimeConsumer::closing);
      stopping = consumers.kept();
      List<CompletableFuture<DrainReport>> stops =
          stopping.stream().map(consumer -> consumer.beginStop(timeout)).toList();
      begun.complete(null);
      if (mayWait()) {
        finish(stops);
      } else {
        assembly.threads.closing(() -> finish(stops)).start();
      }
    } catch (RuntimeException | Error e) {
      // Whoever else closes must not wait for what did not begin.
      done.complete(List.of());
      throw e;
    }
  }

  /**
   * Somebody else wants it to end too: the earlier time counts.
   *
   * @param timeout how long handlers and publishes may take
   */
  void hurry(Duration timeout) {
    if (!done.isDone()) {
      endBy(timeout);
      // Not before all that have a report are known.
      begun.thenRun(() -> stopping.forEach(consumer -> consumer.beginStop(timeout)));
    }
  }

  private void endBy(Duration timeout) {
    Runnable cancel = assembly.time.schedule(timeout, () -> late.complete(null));
    done.whenComplete((reports, error) -> cancel.run());
  }

  /**
   * What became of all deliveries; waits for it, unless it would then wait for the caller: those
   * are told what is known by now.
   */
  List<DrainReport> reports() {
    if (mayWait()) {
      return done.join();
    }
    return done.getNow(stopping.stream().map(RuntimeConsumer::soFar).toList());
  }

  /** Whether the end does not depend on the caller's own thread. */
  private boolean mayWait() {
    return !RuntimeThreads.onIoThread()
        && consumers.kept().stream().noneMatch(RuntimeConsumer::isRunByCaller);
  }

  private void finish(List<CompletableFuture<DrainReport>> stops) {
    try {
      List<DrainReport> reports = stops.stream().map(CompletableFuture::join).toList();
      release();
      done.complete(reports);
    } finally {
      // Whoever else closes must not wait for what did not end.
      done.complete(List.of());
    }
  }

  private void release() {
    closeRequester.run();
    CompletableFuture<?>[] flushed =
        producers.stream()
            .map(open -> open.beginClose().toCompletableFuture())
            .toArray(CompletableFuture[]::new);
    CompletableFuture.anyOf(late, CompletableFuture.allOf(flushed)).join();
    assembly.outbox.close();
    Await.completed(assembly.broker.close(LAST_WORD), LAST_WORD, assembly.time);
    assembly.close();
  }
}
