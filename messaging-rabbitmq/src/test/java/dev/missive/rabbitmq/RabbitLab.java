package dev.missive.rabbitmq;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.GetResponse;
import dev.missive.Consumer;
import dev.missive.Handler;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.RetryPolicy;
import dev.missive.spi.BrokerProvider;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.launcher.LiveBroker;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** What one test works with: messaging and the raw client on one broker, names of its own. */
final class RabbitLab implements AutoCloseable {
  private static final Duration SETTLED = Duration.ofMillis(2500);

  /** What no machine is too slow for. */
  private static final Map<String, String> PATIENT =
      Map.of("connect.timeout", "60s", "producer.deadline", "120s");

  private static final AtomicInteger NUMBER = new AtomicInteger();
  static final RetryPolicy QUICK =
      RetryPolicy.exponential(Duration.ofMillis(1), Duration.ofMillis(1)).maxAttempts(3);

  final String topic = "t" + Long.toString(System.nanoTime(), 36) + "-" + NUMBER.incrementAndGet();
  private final String url;
  private final List<AutoCloseable> open = new ArrayList<>();

  /** On {@link System#nanoTime()}. */
  private volatile long declared = System.nanoTime();

  private @Nullable Messaging messaging;
  private @Nullable Channel raw;

  RabbitLab(LiveBroker broker) {
    this(broker.url());
  }

  RabbitLab(String url) {
    this.url = url;
  }

  /**
   * Returns when a kill cannot make the broker lose the queue of the last consumer that was
   * started: in a cluster too it may come back without its members, for ever (ADR 0010).
   */
  void settled() {
    LockSupport.parkNanos(SETTLED.toNanos() - (System.nanoTime() - declared));
  }

  Messaging messaging() {
    Messaging made = messaging;
    if (made == null) {
      made = open(Map.of());
      messaging = made;
    }
    return made;
  }

  Messaging open(Map<String, String> more) {
    return open(Messaging.builder(), more);
  }

  /** With queues and exchanges of others. */
  Messaging open(RabbitNames names, Map<String, String> more) {
    return open(new RabbitBrokerProvider(factory -> {}, names), more);
  }

  /** With an adapter that was set up otherwise. */
  Messaging open(BrokerProvider adapter, Map<String, String> more) {
    return open(Messaging.builder().providers(adapter), more);
  }

  private Messaging open(Messaging.Builder builder, Map<String, String> more) {
    Map<String, String> settings = new HashMap<>(PATIENT);
    settings.putAll(Map.of("broker", "rabbitmq", "rabbitmq.url", url));
    settings.putAll(more);
    Messaging made = builder.settings(settings).open();
    open.add(made);
    return made;
  }

  Consumer start(String group, Handler handler) {
    return start(messaging(), topic, group, handler, builder -> builder);
  }

  Consumer start(
      Messaging with,
      String from,
      @Nullable String group,
      Handler handler,
      UnaryOperator<Consumer.Builder> more) {
    Consumer.Builder builder = with.consumer(from).retry(QUICK).handler(handler);
    builder = group == null ? builder.broadcast() : builder.group(group);
    Consumer consumer = more.apply(builder).build();
    consumer.start();
    ready(consumer);
    declared = System.nanoTime();
    return consumer;
  }

  static void ready(Consumer consumer) {
    consumer.ready().toCompletableFuture().orTimeout(120, TimeUnit.SECONDS).join();
  }

  String publish(String text) {
    return publish(messaging(), text);
  }

  String publish(Messaging with, String text) {
    return with.producer().publish(Message.builder(topic).text(text).build()).id();
  }

  /** The raw client, as somebody else would use it. */
  Channel raw() throws Exception {
    Channel made = raw;
    if (made == null || !made.isOpen()) {
      ConnectionFactory factory = new ConnectionFactory();
      factory.setUri(url);
      factory.setAutomaticRecoveryEnabled(false);
      Connection connection = factory.newConnection("somebody else");
      open.add(connection);
      made = connection.createChannel();
      raw = made;
    }
    return made;
  }

  /** Takes one message, as somebody else would. */
  GetResponse get(String queue) throws Exception {
    Channel channel = raw();
    AtomicReference<GetResponse> got = new AtomicReference<>();
    Eventually.await(
        "a message in " + queue,
        () -> {
          try {
            got.set(channel.basicGet(queue, true));
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
          return got.get() != null;
        });
    return got.get();
  }

  @Override
  public void close() {
    for (int i = open.size() - 1; i >= 0; i--) {
      try {
        open.get(i).close();
      } catch (com.rabbitmq.client.AlreadyClosedException e) {
        // The test closed it.
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
