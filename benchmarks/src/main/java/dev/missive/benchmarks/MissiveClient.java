package dev.missive.benchmarks;

import dev.missive.Consumer;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.Producer;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;

/** Missive with its defaults, as an application would use it. */
final class MissiveClient implements Client {
  private static final Duration DRAIN = Duration.ofSeconds(30);

  /** Settings that say where, and nothing of how; may hold a password. */
  private static final Set<String> PLACE =
      Set.of("broker", "rabbitmq.url", "kafka.brokers", "nats.servers", "memory.name");

  private final Messaging messaging;
  private final Producer producer;
  private final String topic;
  private final String group;
  private final int maxInFlight;
  private final String configuration;

  /**
   * Connects.
   *
   * @param settings where to, and what differs from the defaults
   * @param maxInFlight how many deliveries may be unsettled
   * @param does what the adapter does with them, for whoever reads the figures
   */
  MissiveClient(
      Map<String, String> settings, String topic, String group, int maxInFlight, String does) {
    this.topic = topic;
    this.group = group;
    this.maxInFlight = maxInFlight;
    messaging =
        Messaging.builder()
            .settings(settings)
            .setting("connect.fail-fast", "true")
            // The first to use a broker that has just started may have to wait for it.
            .setting("connect.timeout", "60s")
            .open();
    producer = messaging.producer();
    Map<String, String> changed = new TreeMap<>(settings);
    changed.keySet().removeAll(PLACE);
    configuration =
        "producer.window "
            + WINDOW
            + ", maxInFlight "
            + maxInFlight
            + ", "
            + (changed.isEmpty() ? "defaults otherwise" : changed)
            + "; "
            + does;
  }

  /** Declares a topic and a group, also for the raw side: the same objects with the same limits. */
  void declare(String otherTopic, String otherGroup) {
    messaging.topology().declare(otherTopic, otherGroup);
  }

  @Override
  public void publish(byte[] body, Confirmation confirmation) {
    Message.Builder message = Message.builder(topic).payload(body);
    for (String[] header : HEADERS) {
      message.header(header[0], header[1]);
    }
    producer
        .publishAsync(message.build())
        .whenComplete(
            (receipt, error) -> {
              if (error == null) {
                confirmation.stored();
              } else {
                confirmation.failed(error);
              }
            });
  }

  @Override
  public Intake consume(int handlers, Receiver receiver) {
    Consumer consumer =
        messaging
            .consumer(topic)
            .group(group)
            .concurrency(handlers)
            .maxInFlight(maxInFlight)
            .handler(message -> receiver.received(Objects.requireNonNull(message.body())))
            .build();
    consumer.start();
    consumer.ready().toCompletableFuture().join();
    return () -> consumer.stop(DRAIN);
  }

  @Override
  public String configuration() {
    return configuration;
  }

  @Override
  public void close() {
    messaging.close();
  }
}
