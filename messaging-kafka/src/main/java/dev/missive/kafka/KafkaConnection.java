package dev.missive.kafka;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.spi.AtomicSender;
import dev.missive.spi.Broker;
import dev.missive.spi.BrokerContext;
import dev.missive.spi.DeliveryListener;
import dev.missive.spi.Gaps;
import dev.missive.spi.Seeker;
import dev.missive.spi.Sender;
import dev.missive.spi.Subscription;
import dev.missive.spi.Time;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.clients.admin.DescribeFeaturesOptions;
import org.apache.kafka.clients.admin.FinalizedVersionRange;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * One client of one cluster: an admin client, a producer, and a consumer for each subscription.
 * Thread-safe.
 */
final class KafkaConnection implements Broker {
  private static final Logger LOG = System.getLogger("dev.missive.kafka");

  private final BrokerContext context;
  private final KafkaSettings settings;
  private final KafkaCredentials credentials;
  private final KafkaClients clients;
  private final ExecutorService work;
  private final Set<KafkaSubscription> subscriptions = ConcurrentHashMap.newKeySet();
  private final Object lock = new Object();
  private final KafkaAdmin admin;
  private final KafkaPulse pulse;
  private final KafkaProducers producers;
  private @Nullable Admin client;
  private boolean closed;

  KafkaConnection(BrokerContext context, KafkaSettings settings) {
    this.context = context;
    this.settings = settings;
    this.credentials = new KafkaCredentials(settings.jaas());
    this.clients = new KafkaClients(settings, context.clientName(), credentials);
    this.work = Executors.newCachedThreadPool(context.threads("admin"));
    this.admin = new KafkaAdmin(this);
    this.pulse = new KafkaPulse(this);
    this.producers = new KafkaProducers(this);
  }

  // ---- for the others

  Time time() {
    return context.time();
  }

  BrokerContext context() {
    return context;
  }

  KafkaSettings settings() {
    return settings;
  }

  KafkaClients clients() {
    return clients;
  }

  KafkaCredentials credentials() {
    return credentials;
  }

  /** Kafka's own admin client; not to be kept, see {@link #beginAgain()}. */
  Admin client() {
    synchronized (lock) {
      if (closed) {
        throw new MessagingException(ErrorCode.CLOSED, "the connection to Kafka was closed");
      }
      if (client == null) {
        client = clients.admin();
      }
      return client;
    }
  }

  /** Makes another one the next time: of the brokers that this one knows none may be left. */
  void beginAgain() {
    Admin old;
    synchronized (lock) {
      old = client;
      client = null;
    }
    if (old != null) {
      later(() -> old.close(Duration.ZERO));
    }
  }

  /** Runs something that may block, on a thread of ours. */
  <T> CompletableFuture<T> work(String what, KafkaFutures.Work<T> task) {
    CompletableFuture<T> done = new CompletableFuture<>();
    try {
      work.execute(
          () -> {
            try {
              done.complete(task.run());
            } catch (Exception e) {
              if (e instanceof InterruptedException) {
                Thread.currentThread().interrupt();
              }
              done.completeExceptionally(KafkaErrors.of(e, what));
            }
          });
    } catch (RejectedExecutionException e) {
      done.completeExceptionally(
          new MessagingException(ErrorCode.CLOSED, "the connection to Kafka was closed"));
    }
    return done;
  }

  /** Does something that may block, on a thread of ours. */
  CompletableFuture<Void> act(String what, KafkaFutures.Action action) {
    return work(
            what,
            () -> {
              action.run();
              return true;
            })
        .thenAccept(done -> {});
  }

  /** Runs something short, in no particular order, on a thread of ours. */
  void later(Runnable task) {
    try {
      work.execute(task);
    } catch (RejectedExecutionException e) {
      // Closed: whoever waits is told by the runtime.
      task.run();
    }
  }

  KafkaConsumer<byte[], byte[]> consumer(KafkaSubscription subscription) {
    Subscription.Kind kind = subscription.spec.kind();
    String role = kind.name().toLowerCase(Locale.ROOT).replace('_', '-');
    return clients.consumer(role, subscription.group, kind == Subscription.Kind.DEAD_LETTERS);
  }

  /** The partitions of a topic; the reply topic is made if it is missing. Blocks. */
  List<TopicPartition> partitions(String topic, Subscription.Kind kind) {
    try {
      if (kind == Subscription.Kind.REPLIES) {
        admin.makeReplies(topic);
      }
      return admin.partitions(topic);
    } catch (Exception e) {
      throw KafkaErrors.of(e, "looking for the partitions of " + topic);
    }
  }

  /** Waits until a topic can be written to; fails with TOPIC_MISSING if there is none. Blocks. */
  void writable(String topic) throws Exception {
    admin.writable(topic);
  }

  /** How long a topic keeps messages. Blocks. */
  KafkaRetention retention(String topic) throws Exception {
    return admin.retention(topic);
  }

  /** Deletes what nobody needs; a refusal costs room and nothing else. */
  void deleteRecords(Map<TopicPartition, RecordsToDelete> done) {
    try {
      client()
          .deleteRecords(done)
          .all()
          .whenComplete(
              (nothing, error) -> {
                if (error != null) {
                  LOG.log(Level.DEBUG, "settled records could not be deleted", error);
                }
              });
    } catch (MessagingException e) {
      LOG.log(Level.DEBUG, "closed before settled records were deleted");
    }
  }

  int unsettled(String group) {
    return subscriptions.stream()
        .filter(subscription -> group.equals(subscription.group))
        .mapToInt(subscription -> subscription.unsettled.get())
        .sum();
  }

  void ended(KafkaSubscription subscription) {
    subscriptions.remove(subscription);
  }

  /** A client has failed in a way that may concern all of them. */
  void trouble(MessagingException why) {
    pulse.trouble(why);
  }

  /** Which topics there are now. Blocks. */
  Map<String, Uuid> topicIds(List<String> topics) {
    try {
      return admin.ids(topics);
    } catch (Exception e) {
      throw KafkaErrors.of(e, "looking for " + String.join(", ", topics));
    }
  }

  /** Finds out whether the topics of a subscription are still there, and still the same. */
  void lookAfter(KafkaSubscription subscription) {
    Map<String, Uuid> known = subscription.topicIds;
    if (!subscription.goesOn() || known.isEmpty()) {
      return;
    }
    work("looking for topics", () -> admin.ids(known.keySet()))
        .thenAccept(
            now ->
                known.forEach(
                    (topic, id) -> {
                      if (!id.equals(now.get(topic))) {
                        subscription.lost(
                            new MessagingException(
                                ErrorCode.TOPIC_MISSING,
                                "the topic " + topic + " was deleted while it was consumed"));
                      }
                    }));
  }

  /** The link stands again. */
  void back() {
    producers.forgetTopics();
    subscriptions.forEach(this::lookAfter);
  }

  // ---- SPI

  @Override
  public CompletionStage<Traits> connect() {
    return work(
        "connecting to " + String.join(",", settings.brokers()),
        () -> {
          credentials.ask();
          int millis = (int) settings.connectTimeout().toMillis();
          KafkaFutures.get(
              client().describeCluster(new DescribeClusterOptions().timeoutMs(millis)).nodes());
          Map<String, FinalizedVersionRange> features =
              KafkaFutures.get(
                      client()
                          .describeFeatures(new DescribeFeaturesOptions().timeoutMs(millis))
                          .featureMetadata())
                  .finalizedFeatures();
          KafkaTraits.check(features, settings);
          pulse.start();
          return KafkaTraits.of(features, settings, clients.largestMessage());
        });
  }

  @Override
  public Sender sender(Duration deadline) {
    return producers.sender(deadline);
  }

  @Override
  public Subscription subscribe(Subscription.Spec spec, DeliveryListener listener) {
    KafkaSubscription subscription = new KafkaSubscription(spec, listener, settings.retryTiers());
    PollLoop loop = new PollLoop(subscription, this);
    subscription.runBy(loop);
    subscriptions.add(subscription);
    context.threads("poll").newThread(loop).start();
    return subscription;
  }

  @Override
  public dev.missive.spi.Admin admin() {
    return admin;
  }

  @Override
  public <T> Optional<T> unwrap(Class<T> type) {
    Object part = null;
    if (type == AtomicSender.class) {
      part = producers.atomic();
    } else if (type == Seeker.class) {
      part = admin.seeker();
    } else if (type == Admin.class) {
      part = unwrapped();
    } else if (type == Gaps.class) {
      Gaps gaps = KafkaTraits::why;
      part = gaps;
    }
    return type.isInstance(part) ? Optional.of(type.cast(part)) : Optional.empty();
  }

  /** For applications, which may want it before anything has logged in. */
  private Admin unwrapped() {
    credentials.askFirst();
    return client();
  }

  @Override
  public CompletionStage<Void> close(Duration atMost) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    synchronized (lock) {
      if (closed) {
        return CompletableFuture.completedFuture(null);
      }
      closed = true;
    }
    long end = time().nanos() + atMost.toNanos();
    pulse.stop();
    CompletableFuture<?>[] ended =
        subscriptions.stream()
            .map(subscription -> subscription.close().toCompletableFuture())
            .toArray(CompletableFuture[]::new);
    context
        .threads("close")
        .newThread(
            () -> {
              try {
                closeAll(ended, end);
              } finally {
                done.complete(null);
              }
            })
        .start();
    return done;
  }

  private void closeAll(CompletableFuture<?>[] subscriptionsEnded, long end) {
    KafkaFutures.quietly(CompletableFuture.allOf(subscriptionsEnded), left(end));
    producers.close(left(end));
    Admin open;
    synchronized (lock) {
      open = client;
    }
    if (open != null) {
      open.close(left(end));
    }
    work.shutdownNow();
  }

  private Duration left(long end) {
    return Duration.ofNanos(Math.max(0, end - time().nanos()));
  }
}
