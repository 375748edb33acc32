package dev.missive.spikes.rabbitmq;

import com.rabbitmq.client.*;
import com.rabbitmq.client.Connection;
import dev.missive.*;
import dev.missive.Message;
import dev.missive.Message.Header;
import dev.missive.PublishException.Outcome;
import dev.missive.spi.*;
import dev.missive.spi.Delivery;
import java.nio.ByteBuffer;
import java.time.*;
import java.util.*;
import java.util.concurrent.*;

/** Throw-away proof that the SPI fits RabbitMQ; whatever waits runs on one thread. */
public final class RabbitSpike implements BrokerProvider, Broker, Admin {
  private BrokerContext context;
  private ExecutorService control;
  private Connection publishing, consuming;
  private Object epoch = new Object();
  private boolean closed;
  private Out out;
  private final List<In> ins = new ArrayList<>();

  @Override public String name() { return "rabbitmq"; }

  @Override public List<Setting> settings() { return List.of(Setting.of("rabbitmq.port", Integer.class, "5672", "port")); }

  @Override public Broker create(BrokerContext made) {
    RabbitSpike broker = new RabbitSpike();
    broker.context = made;
    broker.control = Executors.newSingleThreadExecutor(made.threads("control"));
    return broker;
  }

  <T> CompletableFuture<T> ask(Callable<T> question) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    control.execute(() -> {
      try {
        answer.complete(question.call());
      } catch (Throwable e) {
        answer.completeExceptionally(new MessagingException(ErrorCode.BROKER_UNREACHABLE, "rabbit: " + e, e));
      }
    });
    return answer;
  }

  @Override public CompletionStage<Traits> connect() {
    Duration s = Duration.ofSeconds(1);
    return ask(() -> { open(); return new Traits("spike", Map.of(Capability.DELAY, Capability.Support.EMULATED), 1 << 20, s, s, Duration.ofMinutes(30), s.multipliedBy(30)); });
  }

  private void open() throws Exception {
    ConnectionFactory factory = new ConnectionFactory();
    factory.setPort(context.setting("rabbitmq.port", Integer.class));
    factory.setAutomaticRecoveryEnabled(false);
    factory.setRequestedHeartbeat(10);
    factory.setThreadFactory(context.threads("io"));
    publishing = factory.newConnection();
    consuming = factory.newConnection();
    Object mine = epoch = new Object();
    for (In in : ins) in.attach();
    publishing.addShutdownListener(cause -> ask(() -> { lost(mine); return 0; }));
    consuming.addShutdownListener(cause -> ask(() -> { lost(mine); return 0; }));
  }

  /** One link for two connections: when one goes, both go. */
  private void lost(Object which) {
    if (which != epoch || closed) return;
    epoch = new Object();
    publishing.abort(500);
    consuming.abort(500);
    if (out != null) out.fail("the connection was lost");
    for (In in : ins) in.listener.revoked(which);
    context.connection(BrokerContext.Link.RECONNECTING, "lost", null);
    reconnect();
  }

  private void reconnect() {
    try {
      open();
      context.connection(BrokerContext.Link.CONNECTED, "connected again", null);
    } catch (Exception e) {
      context.time().schedule(Duration.ofMillis(250), () -> ask(() -> { reconnect(); return 0; }));
    }
  }

  @Override public Sender sender(Duration deadline) { return out = new Out(); }

  @Override public Subscription subscribe(Subscription.Spec spec, DeliveryListener listener) {
    In in = new In(spec, listener);
    ask(() -> { ins.add(in); in.attach(); in.ready.complete(null); return 0; });
    return in;
  }

  @Override public Admin admin() { return this; }
  @Override public <T> Optional<T> unwrap(Class<T> type) { return Optional.empty(); }

  @Override public CompletionStage<Void> close(Duration atMost) {
    return ask(() -> { closed = true; publishing.abort(1000); consuming.abort(1000); control.shutdown(); return null; });
  }

  @Override public CompletionStage<List<Topology.Difference>> compare(Topology.Plan plan) { return CompletableFuture.completedFuture(List.of()); }

  @Override public CompletionStage<Topology.Depth> depth(Destination of) {
    return ask(() -> {
      try (Channel channel = consuming.createChannel()) {
        return new Topology.Depth(channel.messageCount(SpikeTopology.queue(of)), 0, null, Instant.now(), List.of());
      }
    });
  }

  @Override public CompletionStage<Void> declare(Topology.Plan plan) {
    return ask(() -> { try (Channel channel = consuming.createChannel()) { SpikeTopology.declare(channel, plan); } return null; });
  }

  /** Publishes on one channel; fails what it holds in send order. */
  private final class Out implements Sender {
    private final Channel channel;
    private final ConcurrentSkipListMap<Long, Result> open = new ConcurrentSkipListMap<>();
    private boolean dead;

    Out() {
      try {
        channel = publishing.createChannel();
        channel.confirmSelect();
        channel.addReturnListener((code, text, exchange, key, properties, body) -> {
          Result result = open.remove((Long) properties.getHeaders().get("missive-seq"));
          result.failed(new PublishException(ErrorCode.UNROUTABLE, Outcome.NOT_STORED, "no group is bound to " + key, null));
        });
        channel.addConfirmListener((tag, many) -> confirmed(tag, many, true), (tag, many) -> confirmed(tag, many, false));
      } catch (java.io.IOException e) {
        throw new IllegalStateException(e);
      }
    }

    private void confirmed(long tag, boolean many, boolean stored) {
      for (Long seq : new ArrayList<>((many ? open.headMap(tag, true) : open.subMap(tag, true, tag, true)).keySet())) {
        Result result = open.remove(seq);
        if (result != null && stored) result.stored(-1, -1);
        else if (result != null) result.failed(new PublishException(ErrorCode.PUBLISH_REJECTED, Outcome.UNKNOWN, "nack", null));
      }
    }

    synchronized void fail(String why) {
      dead = true;
      for (Map.Entry<Long, Result> e = open.pollFirstEntry(); e != null; e = open.pollFirstEntry())
        e.getValue().failed(new PublishException(ErrorCode.BROKER_UNREACHABLE, Outcome.UNKNOWN, why, null));
    }

    @Override public synchronized void send(Destination to, Message m, Instant notBefore, Result result) {
      if (dead) {
        ask(() -> { result.failed(new PublishException(ErrorCode.BROKER_UNREACHABLE, Outcome.NOT_STORED, "dead", null)); return 0; });
        return;
      }
      Map<String, Object> headers = new HashMap<>(m.headers());
      long seq = channel.getNextPublishSeqNo();
      headers.put("missive-seq", seq);
      headers.put(Header.TOPIC, m.topic());
      if (m.keyBuffer() != null) headers.put(Header.KEY, bytes(m.keyBuffer()));
      long seconds = notBefore == null ? 0 : Math.max(0, (Duration.between(Instant.now(), notBefore).toMillis() + 999) / 1000);
      open.put(seq, result);
      try {
        channel.basicPublish(SpikeTopology.exchange(to, seconds), SpikeTopology.key(to, seconds), true,
            new AMQP.BasicProperties.Builder().deliveryMode(2).messageId(m.id()).headers(headers).build(), bytes(m.body()));
      } catch (Exception e) {
        // The link is lost as well; its listener fails everything in order.
      }
    }

    private byte[] bytes(ByteBuffer buffer) { byte[] all = new byte[buffer.remaining()]; buffer.get(all); return all; }
  }

  /** Consumes on one channel. */
  private final class In implements Subscription {
    private final Spec spec;
    private final DeliveryListener listener;
    private final CompletableFuture<Void> ready = new CompletableFuture<>();
    private Channel channel;
    private String tag;

    In(Spec spec, DeliveryListener listener) { this.spec = spec; this.listener = listener; }

    void attach() throws java.io.IOException {
      channel = consuming.createChannel();
      channel.basicQos(spec.maxInFlight());
      Channel mine = channel;
      Object now = epoch;
      tag = channel.basicConsume(SpikeTopology.queue(spec), false,
          (consumerTag, delivery) -> listener.delivered(new SpikeDelivery(mine, now, delivery), false), consumerTag -> {});
    }

    @Override public CompletionStage<Void> ready() { return ready; }
    @Override public String address() { return spec.topic(); }
    @Override public void pause() {}
    @Override public void resume() {}
    @Override public CompletionStage<Void> stop() { return ask(() -> { channel.basicCancel(tag); return null; }); }
    @Override public CompletionStage<Void> close() {
      return ask(() -> {
        ins.remove(this);
        channel.abort();
        Thread.sleep(100); // what was released is counted again a moment later
        return null;
      });
    }
  }
}
