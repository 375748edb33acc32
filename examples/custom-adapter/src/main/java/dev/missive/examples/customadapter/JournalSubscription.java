package dev.missive.examples.customadapter;

import dev.missive.MessagingException;
import dev.missive.spi.DeliveryListener;
import dev.missive.spi.Destination;
import dev.missive.spi.Subscription;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** A member of one queue. What is not volatile is confined to the loop's thread. */
final class JournalSubscription implements Subscription {
  private final Spec spec;
  private final DeliveryListener listener;
  private final JournalWork work;
  private final int number;
  private final String queue;
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private final CompletableFuture<Void> stopped = new CompletableFuture<>();
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private final List<JournalDelivery> fetched = new ArrayList<>();
  private volatile boolean paused;
  private volatile boolean closed;
  private boolean done;
  private int unsettled;

  /** Where it has joined; null until then. */
  private @Nullable JournalEpoch epoch;

  private @Nullable MessagingException fatal;

  JournalSubscription(Spec spec, DeliveryListener listener, JournalWork work, int number) {
    this.spec = spec;
    this.listener = listener;
    this.work = work;
    this.number = number;
    String group = Objects.requireNonNull(spec.group(), "BROADCAST and REQUEST are refused");
    this.queue =
        JournalRecord.queue(
            spec.kind() == Kind.DEAD_LETTERS
                ? new Destination.DeadLetters(spec.topic(), group)
                : new Destination.Group(spec.topic(), group));
  }

  // ---- SPI

  @Override
  public CompletionStage<Void> ready() {
    return ready;
  }

  @Override
  public String address() {
    return spec.topic();
  }

  @Override
  public void pause() {
    paused = true;
  }

  @Override
  public void resume() {
    paused = false;
    work.loop().wake();
  }

  @Override
  public CompletionStage<Void> stop() {
    work.loop()
        .submit(
            new JournalCommand(
                () -> done = true,
                failure -> {
                  done = true;
                  stopped.complete(null);
                }));
    return stopped;
  }

  @Override
  public CompletionStage<Void> close() {
    closed = true;
    work.loop()
        .submit(
            new JournalCommand(
                this::leave,
                failure -> {
                  done = true;
                  work.remove(this);
                  end();
                }));
    return ended;
  }

  boolean closed() {
    return closed;
  }

  /** What was settled is written in order, with all that was asked for meanwhile. */
  void settle(JournalDelivery delivery, boolean ack) {
    work.loop()
        .submit(
            new JournalCommand(
                () -> {
                  JournalEpoch of = delivery.epoch();
                  if (of.alive() && of == epoch) {
                    of.store.append(new JournalRecord.Settled(queue, member(of), delivery.at, ack));
                    unsettled--;
                  }
                },
                failure -> {}));
  }

  // ---- on the loop's thread

  /** Whether {@link #take} would change anything. */
  boolean wants(JournalEpoch current, long now) throws IOException {
    if (epoch != current) {
      return !done;
    }
    JournalQueue found = current.store.state().queue(queue);
    return found == null || (room() > 0 && !found.next(member(current), 1, now).isEmpty());
  }

  /** When something becomes due that waits; {@code Long.MAX_VALUE} if nothing does. */
  long nextDue(JournalEpoch current) throws IOException {
    JournalQueue found = current.store.state().queue(queue);
    return found == null || room() == 0 ? Long.MAX_VALUE : found.nextDue();
  }

  /** Joins if it has not yet, and takes what it has room for. */
  void take(JournalEpoch current, long now) throws IOException {
    if (done) {
      return;
    }
    JournalQueue found = current.store.state().queue(queue);
    if (found == null) {
      fatal = JournalErrors.topicMissing(queue);
      return;
    }
    if (epoch != current) {
      current.store.append(new JournalRecord.Joined(queue, member(current)));
      epoch = current;
      unsettled = 0;
      found = Objects.requireNonNull(current.store.state().queue(queue));
    }
    for (long at : found.next(member(current), room(), now)) {
      if (current.store.record(at) instanceof JournalRecord.Stored stored) {
        current.store.append(new JournalRecord.Taken(queue, member(current), at));
        fetched.add(new JournalDelivery(this, current, at, stored.message()));
        unsettled++;
      }
    }
  }

  /** Hands out what was taken; false if the subscription is dead. */
  boolean deliver() {
    MessagingException why = fatal;
    if (why != null) {
      ready.completeExceptionally(why);
      JournalCommand.guarded(() -> listener.failed(why));
      return false;
    }
    if (epoch != null) {
      ready.complete(null);
    }
    List<JournalDelivery> all = List.copyOf(fetched);
    fetched.clear();
    for (int i = 0; i < all.size(); i++) {
      JournalDelivery delivery = all.get(i);
      boolean more = i < all.size() - 1;
      JournalCommand.guarded(() -> listener.delivered(delivery, more));
    }
    return true;
  }

  /** The connection is gone, and all that was held with it. */
  void revoked(JournalEpoch lost) {
    fetched.clear();
    if (epoch == lost) {
      epoch = null;
      JournalCommand.guarded(() -> listener.revoked(lost));
    }
  }

  /** Nothing comes any more. */
  void end() {
    ready.completeExceptionally(JournalErrors.closed());
    stopped.complete(null);
    ended.complete(null);
  }

  private void leave() throws IOException {
    done = true;
    JournalEpoch joined = epoch;
    epoch = null;
    if (joined != null && joined.alive()) {
      joined.store.append(new JournalRecord.Left(member(joined)));
    }
  }

  private int room() {
    return paused || done ? 0 : spec.maxInFlight() - unsettled;
  }

  private String member(JournalEpoch in) {
    return in.session.id + "/" + number;
  }
}
