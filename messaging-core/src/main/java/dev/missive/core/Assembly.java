package dev.missive.core;

import dev.missive.Codec;
import dev.missive.Interceptor;
import dev.missive.Messaging;
import dev.missive.Producer;
import dev.missive.RetryPolicy;
import dev.missive.TypedProducer;
import dev.missive.core.codec.Codecs;
import dev.missive.core.config.Aliases;
import dev.missive.core.config.CoreSettings;
import dev.missive.core.config.Settings;
import dev.missive.core.config.TopologyMode;
import dev.missive.core.connect.Backoff;
import dev.missive.core.connect.ConnectSettings;
import dev.missive.core.connect.Connection;
import dev.missive.core.connect.Limit;
import dev.missive.core.connect.Serial;
import dev.missive.core.connect.SystemTime;
import dev.missive.core.consume.ConsumerBuilder;
import dev.missive.core.consume.Copies;
import dev.missive.core.consume.HandlerThreads;
import dev.missive.core.manage.Replies;
import dev.missive.core.manage.RuntimeDeadLetters;
import dev.missive.core.manage.RuntimeRequester;
import dev.missive.core.manage.RuntimeTopology;
import dev.missive.core.publish.Outbox;
import dev.missive.core.publish.ProducerBuilder;
import dev.missive.core.publish.PublishOptions;
import dev.missive.core.publish.PublishSettings;
import dev.missive.core.publish.Publisher;
import dev.missive.core.publish.RuntimeProducer;
import dev.missive.core.publish.TypedProducers;
import dev.missive.core.route.EncodingProducer;
import dev.missive.spi.Broker;
import dev.missive.spi.BrokerProvider;
import dev.missive.spi.Time;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ThreadFactory;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Draws the object graph of one connection, by constructors, in one place. */
final class Assembly {
  final Settings settings;
  final Time time;
  final Connection connection;
  final Broker broker;
  final Outbox outbox;
  final Publisher publisher;
  final Codecs codecs;
  final Copies copies;
  final List<Interceptor> interceptors;
  final RuntimeTopology topology;
  final RuntimeDeadLetters deadLetters;
  final ThreadFactory handlerThreads;
  final Replies replies;
  final String application;
  final RuntimeThreads threads;
  private final Serial runtime;
  private final Serial completions;
  private final @Nullable SystemTime ownTime;
  private final TypedProducers typed;

  Assembly(
      BrokerProvider provider,
      Settings settings,
      @Nullable String name,
      List<Interceptor> interceptors,
      List<Codec> ownCodecs,
      @Nullable Time givenTime) {
    this.settings = settings;
    this.interceptors = List.copyOf(interceptors);
    application =
        settings.find("application", String.class).orElseGet(CoreSettings::defaultApplication);
    String client = name == null ? application : application + "-" + name;
    threads = new RuntimeThreads(provider.name(), client);
    ownTime = givenTime == null ? new SystemTime(threads.io("timer")) : null;
    time = givenTime == null ? Objects.requireNonNull(ownTime) : givenTime;
    runtime = new Serial(threads.io("runtime"), time);
    completions = new Serial(threads.io("completions"), time);
    AdapterContext context = new AdapterContext(settings, client, time, threads);
    broker = provider.create(context);
    connection =
        new Connection(provider.name(), broker, time, connectSettings(), runtime, completions);
    context.reportTo(connection);
    PublishSettings publish =
        new PublishSettings(
            settings.get("producer.window", Integer.class),
            settings.get("producer.window-bytes", Long.class),
            settings.get("producer.deadline", Duration.class),
            settings.get("message.max-bytes", Long.class));
    outbox = new Outbox(connection, time, runtime, publish.deadline());
    publisher =
        new Publisher(
            outbox, publish, this.interceptors, time, completions, RuntimeThreads::onIoThread);
    codecs = new Codecs(ownCodecs);
    copies =
        new Copies(
            settings.get("dead-letter.message", Boolean.class),
            settings.get("dead-letter.stack", Boolean.class),
            Aliases.of(settings));
    topology =
        new RuntimeTopology(connection, time, settings.get("topology.mode", TopologyMode.class));
    deadLetters = new RuntimeDeadLetters(connection, outbox, copies, time);
    handlerThreads = HandlerThreads.named(threads.name("handler"));
    replies = new Replies(publisher, PublishOptions.of(publish.deadline()));
    Codecs known = codecs;
    typed =
        new TypedProducers() {
          @Override
          public <T> TypedProducer<T> make(Producer producer, String topic, Class<T> type) {
            return new EncodingProducer<>(producer, known, topic);
          }
        };
  }

  Messaging messaging() {
    return new RuntimeMessaging(this);
  }

  Producer.Builder producerBuilder(Function<RuntimeProducer, Producer> register) {
    return new ProducerBuilder(
        settings.get("producer.deadline", Duration.class),
        settings.find("producer.time-to-live", Duration.class).orElse(null),
        settings.get("producer.fail-when-full", Boolean.class),
        settings.get("producer.strict-key-order", Boolean.class),
        options ->
            register.apply(new RuntimeProducer(publisher, connection, time, typed, options)));
  }

  RuntimeRequester requester(Supplier<Producer> producer) {
    return new RuntimeRequester(connection, producer.get(), time, application);
  }

  ConsumerBuilder.Defaults consumerDefaults() {
    return new ConsumerBuilder.Defaults(
        settings.get("consumer.concurrency", Integer.class),
        settings.find("consumer.max-in-flight", Integer.class).orElse(null),
        settings.find("consumer.max-handling-time", Duration.class).orElse(null),
        settings.get("consumer.stall-after", Duration.class),
        RetryPolicy.exponential(
                settings.get("retry.initial", Duration.class),
                settings.get("retry.max", Duration.class))
            .maxAttempts(settings.get("retry.max-attempts", Integer.class)));
  }

  /** The last thing a connection does. */
  void close() {
    publisher.close();
    connection.closed();
    runtime.close();
    completions.close();
    if (ownTime != null) {
      ownTime.close();
    }
  }

  private ConnectSettings connectSettings() {
    int attempts =
        settings.get("connect.fail-fast", Boolean.class)
            ? 1
            : settings.get("connect.attempts", Integer.class);
    Backoff backoff =
        new Backoff(
            settings.get("connect.retry-delay", Duration.class),
            settings.get("connect.retry-delay-max", Duration.class));
    return new ConnectSettings(limit("connect.timeout"), limit("admin.timeout"), attempts, backoff);
  }

  private Limit limit(String setting) {
    return new Limit(setting, settings.get(setting, Duration.class));
  }
}
