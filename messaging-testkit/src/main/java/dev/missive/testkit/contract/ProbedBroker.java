package dev.missive.testkit.contract;

import dev.missive.Message;
import dev.missive.MessagingException;
import dev.missive.Position;
import dev.missive.PublishException;
import dev.missive.spi.Admin;
import dev.missive.spi.Broker;
import dev.missive.spi.Delivery;
import dev.missive.spi.DeliveryListener;
import dev.missive.spi.Destination;
import dev.missive.spi.Sender;
import dev.missive.spi.Subscription;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** One connection with a {@link Probe} on it. Thread-safe. */
final class ProbedBroker implements Broker {
  private final Broker inner;
  private final Probe probe;

  ProbedBroker(Broker inner, Probe probe) {
    this.inner = inner;
    this.probe = probe;
  }

  @Override
  public CompletionStage<Traits> connect() {
    return inner.connect();
  }

  @Override
  public Sender sender(Duration deadline) {
    return new ProbedSender(inner.sender(deadline), probe);
  }

  @Override
  public Subscription subscribe(Subscription.Spec spec, DeliveryListener listener) {
    boolean counted =
        spec.kind() == Subscription.Kind.GROUP || spec.kind() == Subscription.Kind.PATTERN;
    return inner.subscribe(spec, counted ? new ProbedListener(listener, probe) : listener);
  }

  @Override
  public Admin admin() {
    return inner.admin();
  }

  @Override
  public <T> Optional<T> unwrap(Class<T> type) {
    return inner.unwrap(type);
  }

  @Override
  public CompletionStage<Void> close(Duration atMost) {
    return inner.close(atMost);
  }

  private record ProbedSender(Sender inner, Probe probe) implements Sender {
    @Override
    public void send(Destination to, Message message, @Nullable Instant notBefore, Result result) {
      if (probe.sent(to, result)) {
        inner.send(to, message, notBefore, new ProbedResult(to, result, probe));
      }
    }
  }

  private record ProbedResult(Destination to, Sender.Result inner, Probe probe)
      implements Sender.Result {
    @Override
    public void stored(int partition, long offset) {
      probe.stored(to, () -> inner.stored(partition, offset));
    }

    @Override
    public void failed(PublishException failure) {
      probe.result(to, () -> inner.failed(failure));
    }
  }

  private record ProbedListener(DeliveryListener inner, Probe probe) implements DeliveryListener {
    @Override
    public void delivered(Delivery delivery, boolean more) {
      if (probe.crash().dead()) {
        return;
      }
      ProbedDelivery probed = new ProbedDelivery(delivery, probe);
      probe.delivered(probed);
      inner.delivered(probed, more);
    }

    @Override
    public void revoking(Object epoch) {
      inner.revoking(epoch);
    }

    @Override
    public void revoked(Object epoch) {
      probe.revoked(epoch);
      inner.revoked(epoch);
    }

    @Override
    public void failed(MessagingException fatal) {
      inner.failed(fatal);
    }
  }

  /** Compared by identity: two deliveries of one message are two. */
  private static final class ProbedDelivery implements Delivery {
    private final Delivery inner;
    private final Probe probe;

    ProbedDelivery(Delivery inner, Probe probe) {
      this.inner = inner;
      this.probe = probe;
    }

    @Override
    public Message message() {
      return inner.message();
    }

    @Override
    public @Nullable Position position() {
      return inner.position();
    }

    @Override
    public Object epoch() {
      return inner.epoch();
    }

    /** Gone before it is acknowledged: the adapter may hand over the next one meanwhile. */
    @Override
    public Settled ack() {
      if (probe.crash().at(CrashPoint.BEFORE_ACK)) {
        return Settled.STALE;
      }
      probe.settled(this);
      Settled settled = inner.ack();
      probe.crash().at(CrashPoint.AFTER_ACK);
      return settled;
    }

    @Override
    public Settled release() {
      if (probe.crash().dead()) {
        return Settled.STALE;
      }
      probe.settled(this);
      return inner.release();
    }

    @Override
    public void failedRuns(int count) {
      if (!probe.crash().dead()) {
        inner.failedRuns(count);
      }
    }

    @Override
    public <T> Optional<T> unwrap(Class<T> type) {
      return inner.unwrap(type);
    }
  }
}
