package dev.missive.spikes.nats;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.missive.Message;
import dev.missive.Message.Header;
import dev.missive.Position;
import dev.missive.spi.Delivery;
import dev.missive.spi.DeliveryListener;
import dev.missive.spi.Subscription;
import dev.missive.spikes.nats.NatsSpike.Epoch;
import io.nats.client.Dispatcher;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** Own pull requests: never more asked for than the window has room. */
final class NatsSpikeSubscription implements Subscription {
  private final NatsSpike broker;
  private final Spec spec;
  private final DeliveryListener listener;
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private final Set<Lease> unsettled = ConcurrentHashMap.newKeySet();
  private final List<Source> sources;
  private @Nullable Epoch epoch;
  private @Nullable Dispatcher dispatcher;
  private boolean paused;
  private boolean over;

  /** One consumer at the broker and what was asked of it and has not come. */
  private static final class Source {
    final String stream;
    final String consumer;
    final int share;
    int asked;
    long seen;
    String inbox = "";

    Source(String stream, String consumer, int share) {
      this.stream = stream;
      this.consumer = consumer;
      this.share = share;
    }
  }

  NatsSpikeSubscription(NatsSpike broker, Spec spec, DeliveryListener listener) {
    this.broker = broker;
    this.spec = spec;
    this.listener = listener;
    String both = NatsSpike.dashed(spec.topic()) + "=" + spec.group();
    int all = spec.maxInFlight();
    this.sources =
        spec.kind() == Kind.DEAD_LETTERS
            ? List.of(new Source("missive-dlq", both, all))
            : List.of(
                new Source("missive-direct", both, Math.max(1, all / 4)),
                new Source("missive-" + NatsSpike.dashed(spec.topic()), "" + spec.group(), all));
    tick();
  }

  synchronized void attach(Epoch to) {
    if (over || epoch == to) {
      return;
    }
    epoch = to;
    Dispatcher made = to.nc().createDispatcher(m -> {});
    dispatcher = made;
    for (Source source : sources) {
      source.asked = 0;
      source.inbox = to.nc().createInbox();
      made.subscribe(source.inbox, m -> arrived(to, source, m));
    }
    pull();
    ready.complete(null);
  }

  synchronized void lost(Epoch of) {
    epoch = null;
    unsettled.clear();
    listener.revoked(of);
  }

  private synchronized void pull() {
    Epoch to = epoch;
    int free =
        spec.maxInFlight() - unsettled.size() - sources.stream().mapToInt(s -> s.asked).sum();
    for (Source source : sources) {
      int batch = Math.min(free, source.share - source.asked);
      if (to != null && !paused && !over && batch > 0) {
        String ask =
            "{\"batch\":" + batch + ",\"expires\":5000000000,\"idle_heartbeat\":1000000000}";
        String next = "$JS.API.CONSUMER.MSG.NEXT." + source.stream + "." + source.consumer;
        source.asked += batch;
        source.seen = System.nanoTime();
        free -= batch;
        to.nc().publish(next, source.inbox, ask.getBytes(UTF_8));
      }
    }
  }

  private void arrived(Epoch from, Source source, io.nats.client.Message m) {
    synchronized (this) {
      source.seen = System.nanoTime();
      if (m.isStatusMessage()) {
        String left = m.hasHeaders() ? m.getHeaders().getFirst("Nats-Pending-Messages") : null;
        if (m.getStatus().getCode() != 100) {
          source.asked =
              Math.max(0, source.asked - (left == null ? source.share : Integer.parseInt(left)));
          pull();
        }
        return;
      }
      source.asked--;
    }
    Lease lease = new Lease(from, m, source.stream);
    Instant due = lease.due();
    if (due != null && due.isAfter(broker.context.time().now())) {
      m.nakWithDelay(Duration.between(broker.context.time().now(), due).plusMillis(1));
      pull();
      return;
    }
    unsettled.add(lease);
    listener.delivered(lease, false);
  }

  /** Keeps leases alive and starts over when a pull has died with its server. */
  private void tick() {
    unsettled.forEach(lease -> lease.raw.inProgress());
    if (!over) {
      broker.context.time().schedule(NatsSpike.ACK_WAIT.dividedBy(3), this::tick);
    }
  }

  @Override
  public CompletionStage<Void> ready() {
    return ready;
  }

  @Override
  public String address() {
    return spec.topic();
  }

  @Override
  public synchronized void pause() {
    paused = true;
  }

  @Override
  public synchronized void resume() {
    paused = false;
    pull();
  }

  @Override
  public CompletionStage<Void> stop() {
    Dispatcher last = dispatcher;
    over = true;
    if (last == null || epoch == null) {
      return CompletableFuture.completedFuture(null);
    }
    // Unsubscribe, then wait for the pong: what the server has sent until then arrives before it.
    return broker
        .async(() -> last.drain(Duration.ofSeconds(5)))
        .thenCompose(drained -> drained.thenAccept(done -> {}));
  }

  @Override
  public CompletionStage<Void> close() {
    broker.forget(this);
    unsettled.forEach(Lease::release);
    return CompletableFuture.completedFuture(null);
  }

  /** A message in our hands, read eagerly: a spike. */
  private final class Lease implements Delivery, Message {
    private final Epoch of;
    final io.nats.client.Message raw;
    private final boolean positioned;
    private final AtomicBoolean settled = new AtomicBoolean();
    private final Map<String, String> headers = new HashMap<>();

    Lease(Epoch of, io.nats.client.Message raw, String stream) {
      this.of = of;
      this.raw = raw;
      this.positioned = !stream.equals("missive-direct") && !stream.equals("missive-dlq");
      if (raw.hasHeaders()) {
        raw.getHeaders()
            .forEach((name, values) -> headers.put(name, values.get(values.size() - 1)));
      }
      headers.keySet().removeIf(name -> name.startsWith("Nats-"));
    }

    @Nullable Instant due() {
      String at = headers.get(Header.NOT_BEFORE);
      return at == null ? null : Instant.ofEpochMilli(Long.parseLong(at));
    }

    private Settled settle(Runnable how) {
      if (!broker.current(of)) {
        return Settled.STALE;
      } else if (!settled.compareAndSet(false, true)) {
        return Settled.ALREADY;
      }
      how.run();
      unsettled.remove(this);
      pull();
      return Settled.DONE;
    }

    @Override
    public Settled ack() {
      return settle(raw::ack);
    }

    @Override
    public Settled release() {
      return settle(raw::nak);
    }

    @Override
    public Message message() {
      return this;
    }

    @Override
    public @Nullable Position position() {
      return positioned ? new Position(0, raw.metaData().streamSequence()) : null;
    }

    @Override
    public Object epoch() {
      return of;
    }

    @Override
    public void failedRuns(int count) {}

    @Override
    public <T> Optional<T> unwrap(Class<T> type) {
      return Optional.empty();
    }

    @Override
    public String id() {
      return headers.getOrDefault(Header.ID, "0:" + raw.metaData().streamSequence());
    }

    @Override
    public String topic() {
      return headers.getOrDefault(Header.TOPIC, raw.getSubject());
    }

    @Override
    public @Nullable String type() {
      return headers.get(Header.TYPE);
    }

    @Override
    public @Nullable ByteBuffer keyBuffer() {
      String key = headers.get(Header.KEY);
      return key == null ? null : ByteBuffer.wrap(Base64.getUrlDecoder().decode(key));
    }

    @Override
    public ByteBuffer body() {
      return ByteBuffer.wrap(raw.getData()).asReadOnlyBuffer();
    }

    @Override
    public Map<String, String> headers() {
      return headers;
    }

    @Override
    public @Nullable Instant timestamp() {
      return null;
    }

    @Override
    public @Nullable String contentType() {
      return null;
    }

    @Override
    public @Nullable String correlationId() {
      return null;
    }

    @Override
    public @Nullable Integer priority() {
      return null;
    }
  }
}
