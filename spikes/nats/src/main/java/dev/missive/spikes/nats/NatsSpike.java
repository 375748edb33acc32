package dev.missive.spikes.nats;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.missive.Capability;
import dev.missive.Capability.Support;
import dev.missive.ErrorCode;
import dev.missive.Message.Header;
import dev.missive.MessagingException;
import dev.missive.PublishException;
import dev.missive.PublishException.Outcome;
import dev.missive.Topology;
import dev.missive.spi.Admin;
import dev.missive.spi.Broker;
import dev.missive.spi.BrokerContext;
import dev.missive.spi.BrokerContext.Link;
import dev.missive.spi.BrokerProvider;
import dev.missive.spi.DeliveryListener;
import dev.missive.spi.Destination;
import dev.missive.spi.Sender;
import dev.missive.spi.Subscription;
import io.nats.client.Connection;
import io.nats.client.ConnectionListener.Events;
import io.nats.client.JetStreamManagement;
import io.nats.client.Nats;
import io.nats.client.Options;
import io.nats.client.api.ConsumerConfiguration;
import io.nats.client.api.ConsumerInfo;
import io.nats.client.api.DeliverPolicy;
import io.nats.client.api.RetentionPolicy;
import io.nats.client.api.StreamConfiguration;
import io.nats.client.impl.Headers;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** One jnats connection per epoch, which never reconnects by itself. */
final class NatsSpike implements Broker, Admin {
  static final Duration ACK_WAIT = Duration.ofSeconds(6);

  /** One connection, its publishes without acknowledgement, in order. */
  record Epoch(
      Connection nc,
      String inbox,
      AtomicLong next,
      ConcurrentSkipListMap<Long, Sender.Result> open) {}

  final BrokerContext context;
  private final ExecutorService work;
  private final List<NatsSpikeSubscription> subscriptions = new CopyOnWriteArrayList<>();
  private volatile @Nullable Epoch epoch;
  private volatile boolean closed;

  NatsSpike(BrokerContext context) {
    this.context = context;
    this.work = Executors.newCachedThreadPool(context.threads("io"));
  }

  static BrokerProvider provider() {
    return new BrokerProvider() {
      @Override
      public String name() {
        return "nats";
      }

      @Override
      public List<Setting> settings() {
        return List.of(Setting.of("nats.url", String.class, null, "the server"));
      }

      @Override
      public Broker create(BrokerContext context) {
        return new NatsSpike(context);
      }
    };
  }

  @Override
  public CompletionStage<Traits> connect() {
    return async(
        () -> {
          Options.Builder options =
              Options.builder()
                  .server(context.setting("nats.url", String.class))
                  .maxReconnects(0)
                  .reconnectBufferSize(0)
                  .pingInterval(Duration.ofSeconds(5))
                  .maxPingsOut(2)
                  .maxMessagesInOutgoingQueue(100_000)
                  .executor(work)
                  .connectionListener((c, event) -> work.execute(() -> event(c, event)));
          Connection nc = Nats.connect(options.build());
          Epoch made =
              new Epoch(nc, nc.createInbox(), new AtomicLong(), new ConcurrentSkipListMap<>());
          nc.createDispatcher(m -> acknowledged(made, m)).subscribe(made.inbox + ".*");
          epoch = made;
          subscriptions.forEach(subscription -> subscription.attach(made));
          Duration second = Duration.ofSeconds(1);
          Map<Capability, Support> can =
              Map.of(Capability.DELAY, Support.EMULATED, Capability.TTL, Support.EMULATED);
          String version = nc.getServerInfo().getVersion();
          long most = nc.getMaxPayload();
          return new Traits(version, can, most, second, second, Duration.ZERO, ACK_WAIT);
        });
  }

  private void event(Connection nc, Events event) {
    Epoch lost = epoch;
    if (lost == null || lost.nc != nc || event != Events.DISCONNECTED || closed) {
      return;
    }
    epoch = null;
    for (var e = lost.open.pollFirstEntry(); e != null; e = lost.open.pollFirstEntry()) {
      e.getValue().failed(failure(ErrorCode.BROKER_UNREACHABLE, Outcome.UNKNOWN, "lost"));
    }
    subscriptions.forEach(subscription -> subscription.lost(lost));
    context.connection(Link.RECONNECTING, "the connection was lost", null);
    again();
  }

  private void again() {
    Runnable attempt =
        () ->
            connect()
                .whenComplete(
                    (traits, error) -> {
                      if (error == null) {
                        context.connection(Link.CONNECTED, "connected again", null);
                      } else if (!closed) {
                        again();
                      }
                    });
    context.time().schedule(Duration.ofMillis(250), attempt);
  }

  @Override
  public Sender sender(Duration deadline) {
    Epoch mine = epoch;
    return (to, message, notBefore, result) -> {
      if (mine == null || mine != epoch) {
        work.execute(
            () ->
                result.failed(
                    failure(ErrorCode.BROKER_UNREACHABLE, Outcome.NOT_STORED, "no link")));
        return;
      }
      Headers headers = new Headers();
      message.headers().forEach((name, value) -> headers.put(name, value));
      headers.put(Header.ID, message.id()).put(Header.TOPIC, message.topic());
      if (message.keyBuffer() != null) {
        headers.put(Header.KEY, Base64.getUrlEncoder().encodeToString(message.key()));
      }
      if (notBefore != null) {
        headers.put(Header.NOT_BEFORE, Long.toString(notBefore.toEpochMilli()));
      }
      synchronized (mine) {
        long n = mine.next.getAndIncrement();
        mine.open.put(n, result);
        mine.nc.publish(subject(to), mine.inbox + "." + n, headers, message.payload());
      }
    };
  }

  private void acknowledged(Epoch of, io.nats.client.Message ack) {
    long n = Long.parseLong(ack.getSubject().substring(of.inbox.length() + 1));
    Sender.Result result = of.open.remove(n);
    String json = new String(ack.getData(), UTF_8);
    if (result == null) {
      return;
    } else if (ack.isStatusMessage()) {
      result.failed(failure(ErrorCode.TOPIC_MISSING, Outcome.NOT_STORED, "nobody stores it"));
    } else if (json.contains("\"error\"")) {
      result.failed(failure(ErrorCode.PUBLISH_REJECTED, Outcome.NOT_STORED, json));
    } else {
      result.stored(0, Long.parseLong(json.replaceAll(".*\"seq\": *(\\d+).*", "$1")));
    }
  }

  static PublishException failure(ErrorCode code, Outcome outcome, String text) {
    return new PublishException(code, outcome, text, null);
  }

  static String subject(Destination to) {
    if (to instanceof Destination.Group g) {
      return "missive.to." + g.group() + "." + g.topic();
    } else if (to instanceof Destination.DeadLetters d) {
      return "missive.dlq." + d.topic() + "." + d.group();
    }
    return to instanceof Destination.Topic t ? t.topic() : ((Destination.Reply) to).address();
  }

  @Override
  public Subscription subscribe(Subscription.Spec spec, DeliveryListener listener) {
    NatsSpikeSubscription made = new NatsSpikeSubscription(this, spec, listener);
    subscriptions.add(made);
    Epoch now = epoch;
    if (now != null) {
      work.execute(() -> made.attach(now));
    }
    return made;
  }

  void forget(NatsSpikeSubscription subscription) {
    subscriptions.remove(subscription);
  }

  boolean current(Epoch of) {
    return of == epoch;
  }

  <T> CompletionStage<T> async(Callable<T> task) {
    CompletableFuture<T> done = new CompletableFuture<>();
    work.execute(
        () -> {
          try {
            done.complete(task.call());
          } catch (Exception e) {
            done.completeExceptionally(
                new MessagingException(ErrorCode.BROKER_UNREACHABLE, e.toString(), e));
          }
        });
    return done;
  }

  private JetStreamManagement management() throws Exception {
    Epoch now = epoch;
    if (now == null) {
      throw new IllegalStateException("not connected");
    }
    return now.nc.jetStreamManagement();
  }

  @Override
  public Admin admin() {
    return this;
  }

  @Override
  public CompletionStage<List<Topology.Difference>> compare(Topology.Plan plan) {
    return CompletableFuture.completedFuture(List.of());
  }

  static String dashed(String topic) {
    return topic.replace('.', '=');
  }

  @Override
  public CompletionStage<Void> declare(Topology.Plan plan) {
    return async(
        () -> {
          JetStreamManagement js = management();
          stream(js, "missive-dlq", "missive.dlq.>", RetentionPolicy.WorkQueue);
          stream(js, "missive-direct", "missive.to.>", RetentionPolicy.WorkQueue);
          for (Topology.Entry e : plan.entries()) {
            String topic = e.topic();
            stream(js, "missive-" + dashed(topic), topic, RetentionPolicy.Limits);
            String group = e.group();
            if (group != null) {
              String both = dashed(topic) + "=" + group;
              String letters = subject(new Destination.DeadLetters(topic, group));
              String direct = subject(new Destination.Group(topic, group));
              consumer(js, "missive-dlq", both, letters, DeliverPolicy.All);
              consumer(js, "missive-direct", both, direct, DeliverPolicy.All);
              consumer(js, "missive-" + dashed(topic), group, topic, DeliverPolicy.New);
            }
          }
          return null;
        });
  }

  private static void stream(JetStreamManagement js, String name, String subject, RetentionPolicy r)
      throws Exception {
    if (!js.getStreamNames().contains(name)) {
      js.addStream(
          StreamConfiguration.builder().name(name).subjects(subject).retentionPolicy(r).build());
    }
  }

  private static void consumer(
      JetStreamManagement js, String stream, String name, String filter, DeliverPolicy from)
      throws Exception {
    if (!js.getConsumerNames(stream).contains(name)) {
      var wanted = ConsumerConfiguration.builder().durable(name).filterSubject(filter);
      js.addOrUpdateConsumer(
          stream, wanted.deliverPolicy(from).ackWait(ACK_WAIT).maxAckPending(20_000).build());
    }
  }

  @Override
  public CompletionStage<Topology.Depth> depth(Destination of) {
    return async(
        () -> {
          var d = (Destination.DeadLetters) of;
          String name = dashed(d.topic()) + "=" + d.group();
          ConsumerInfo info = management().getConsumerInfo("missive-dlq", name);
          // A letter that was given back stays "ack pending": the server does not tell the two
          // apart.
          long there = info.getNumPending() + info.getNumAckPending();
          return new Topology.Depth(there, 0, null, Instant.now(), List.of());
        });
  }

  @Override
  public <T> Optional<T> unwrap(Class<T> type) {
    return Optional.empty();
  }

  @Override
  public CompletionStage<Void> close(Duration atMost) {
    closed = true;
    Epoch last = epoch;
    return async(
        () -> {
          if (last != null) {
            last.nc.close();
          }
          work.shutdown();
          return null;
        });
  }
}
