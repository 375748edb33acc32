package dev.missive.core.consume;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.core.connect.Await;
import dev.missive.core.connect.Connection;
import dev.missive.spi.Broker.Traits;
import dev.missive.spi.Time;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Waits for the connection and puts the topology of a consumer in place; begins anew whenever the
 * broker goes away meanwhile (semantics S24).
 */
final class Start {
  private final ConsumerSpec spec;
  private final Connection connection;
  private final Declaring declaring;
  private final Time time;
  private final BooleanSupplier wanted;
  private final Consumer<String> waitingFor;
  private final CompletableFuture<List<FlowSpec>> stands = new CompletableFuture<>();
  private int failures;

  /**
   * Makes one that has not begun.
   *
   * @param wanted whether the consumer still starts
   * @param waitingFor told why it takes longer
   */
  Start(
      ConsumerSpec spec,
      Connection connection,
      Declaring declaring,
      Time time,
      BooleanSupplier wanted,
      Consumer<String> waitingFor) {
    this.spec = spec;
    this.connection = connection;
    this.declaring = declaring;
    this.time = time;
    this.wanted = wanted;
    this.waitingFor = waitingFor;
  }

  /** Completes, on the runtime's thread, when the topology stands: with what to subscribe to. */
  CompletionStage<List<FlowSpec>> stands() {
    return stands;
  }

  /**
   * Begins, and waits if the broker is there, so that a mismatch is thrown to the caller.
   *
   * @param opened what follows {@link #stands}
   * @throws MessagingException if it was refused, or the broker is away and must not be
   */
  void begin(CompletionStage<Void> opened) {
    CompletionStage<Traits> link = connection.connectAndWait();
    boolean there = link.toCompletableFuture().isDone();
    declareWhen(link);
    if (there
        && (connection.failsFast()
            || Await.completed(opened, connection.settings().timeout(), time))) {
      Await.result(
          opened,
          connection.settings().connecting(),
          time,
          "starting a consumer of " + spec.topics());
    }
  }

  private void declareWhen(CompletionStage<Traits> link) {
    link.whenComplete((traits, error) -> connection.later(() -> declare(traits, error)));
  }

  private void declare(@Nullable Traits traits, @Nullable Throwable error) {
    if (error != null || traits == null) {
      stands.completeExceptionally(
          Await.unwrap(error == null ? new IllegalStateException("no traits") : error));
      return;
    }
    List<FlowSpec> flows = new ArrayList<>();
    CompletionStage<Void> declared = CompletableFuture.completedFuture(null);
    try {
      spec.check(connection, traits);
      for (String topic : spec.topics()) {
        FlowSpec flow = spec.flow(topic, traits);
        flows.add(flow);
        declared =
            declared.thenCompose(
                nothing -> declaring.declare(topic, spec.group(), flow.keyOrder(), spec.from()));
      }
    } catch (MessagingException e) {
      declared = CompletableFuture.failedFuture(e);
    }
    declared.whenComplete(
        (nothing, failure) ->
            connection.later(
                () -> declared(flows, failure == null ? null : Await.unwrap(failure))));
  }

  private void declared(List<FlowSpec> flows, @Nullable MessagingException failure) {
    if (failure == null) {
      stands.complete(flows);
    } else if (failure.code() == ErrorCode.BROKER_UNREACHABLE && !connection.failsFast()) {
      waitingFor.accept(failure.getMessage() + "; trying again");
      time.schedule(
          connection.settings().backoff().after(++failures), () -> connection.later(this::again));
    } else {
      stands.completeExceptionally(failure);
    }
  }

  private void again() {
    if (wanted.getAsBoolean()) {
      declareWhen(connection.connect());
    }
  }
}
