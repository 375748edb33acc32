package dev.missive.nats;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.ConnectionState;
import dev.missive.Consumer;
import dev.missive.Handler;
import dev.missive.Header;
import dev.missive.Health;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.RetryPolicy;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.history.History;
import dev.missive.testkit.launcher.LiveBroker;
import io.nats.client.Connection;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamManagement;
import io.nats.client.Nats;
import io.nats.client.Options;
import io.nats.client.api.StreamConfiguration;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

/** A server and what a test opens on it; names of its own, so that tests do not meet. */
final class NatsLab implements AutoCloseable {
  static final String GROUP = "g";
  static final RetryPolicy QUICK =
      RetryPolicy.exponential(Duration.ofMillis(1200), Duration.ofMillis(1200)).maxAttempts(3);

  final LiveBroker server;
  final String topic = "t." + UUID.randomUUID();
  private final List<AutoCloseable> open = new ArrayList<>();

  NatsLab(LiveBroker server) {
    this.server = server;
  }

  /** Opens one, with more settings as key and value in turn. */
  Messaging open(String... more) {
    return open(builder -> builder, more);
  }

  /** The same, with what settings cannot say. */
  Messaging open(UnaryOperator<Messaging.Builder> with, String... more) {
    Map<String, String> settings = new TreeMap<>();
    settings.put("broker", "nats");
    // What no machine is too slow for.
    settings.put("connect.timeout", "60s");
    settings.put("producer.deadline", "120s");
    settings.put("nats.servers", server.url());
    settings.put("nats.ack-wait", "30s");
    for (int i = 0; i < more.length; i += 2) {
      settings.put(more[i], more[i + 1]);
    }
    Messaging messaging = with.apply(Messaging.builder().settings(settings)).open();
    open.add(messaging);
    return messaging;
  }

  Consumer start(Messaging messaging, Handler handler) {
    return start(messaging.consumer(topic).group(GROUP).retry(QUICK).handler(handler).build());
  }

  static Consumer start(Consumer consumer) {
    consumer.start();
    consumer.ready().toCompletableFuture().orTimeout(120, TimeUnit.SECONDS).join();
    return consumer;
  }

  Message message(String text) {
    return Message.of(topic, "k", text.getBytes(StandardCharsets.UTF_8));
  }

  Message delayed(String text, Duration delay) {
    return Message.builder(topic).key("k").text(text).delay(delay).build();
  }

  /** Makes the stream of the topic as others would, who know another limit of age. */
  void keeping(Duration maxAge) throws IOException, JetStreamApiException {
    raw()
        .jetStreamManagement()
        .addStream(
            StreamConfiguration.builder()
                .name("others-" + topic.replace('.', '-'))
                .subjects(topic)
                .maxAge(maxAge)
                .build());
  }

  static String text(Message message) {
    return new String(Objects.requireNonNull(message.payload()), StandardCharsets.UTF_8);
  }

  /** The raw client, to look and to interfere. */
  Connection raw() {
    try {
      Connection client =
          Nats.connect(new Options.Builder().server(server.directUrl()).maxReconnects(0).build());
      open.add(client);
      return client;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /**
   * Reads all that the stream has: whatever happened meanwhile, it must hold what has a receipt,
   * once, in the order of each key, and nothing that was refused. No group does this: in a cluster
   * it may be led by a server that has not caught up (docs/nats.md, limits).
   */
  void audit(History history) {
    for (String id : stored()) {
      history.run("audit", id, 1, false);
    }
    assertThat(history.check(History.Rules.strict().group("audit"))).isEmpty();
  }

  /** The ids of the stream's messages, from its leader; once more if that changes meanwhile. */
  private List<String> stored() {
    String name = NatsNames.DEFAULT.stream(topic);
    Connection client = raw();
    List<String> ids = new ArrayList<>();
    Eventually.await(
        "the whole stream",
        Duration.ofSeconds(60),
        () -> {
          ids.clear();
          try {
            JetStreamManagement js = client.jetStreamManagement();
            long last = js.getStreamInfo(name).getStreamState().getLastSequence();
            for (long sequence = 1; sequence <= last; sequence++) {
              ids.add(js.getMessage(name, sequence).getHeaders().getFirst(Header.ID));
            }
            return true;
          } catch (IOException | JetStreamApiException e) {
            return false;
          }
        });
    return ids;
  }

  /** Waits until the connection says so, and why. */
  static void awaitState(Messaging messaging, ConnectionState state, String reason) {
    Eventually.await(
        state + " because " + reason,
        Duration.ofSeconds(60),
        () -> {
          Health.Connection now = messaging.health().connection();
          return now.state() == state && now.reason().matches(reason);
        });
  }

  /** Every tenth message has to be tried twice. */
  static Handler failingOnce(Set<String> open) {
    return message -> {
      if (message.attempt() == 1 && Math.floorMod(message.id().hashCode(), 10) == 0) {
        open.add(message.id());
        throw new IllegalStateException("the first run fails");
      }
      open.remove(message.id());
    };
  }

  /** Publishes and gets one message. */
  static void works(LiveBroker server, String... settings) {
    try (NatsLab lab = new NatsLab(server)) {
      Queue<String> got = new ConcurrentLinkedQueue<>();
      Messaging messaging = lab.open(settings);
      lab.start(messaging, message -> got.add(text(message)));
      messaging.producer().publish(lab.message("x"));
      Eventually.await("the message", () -> got.contains("x"));
    }
  }

  /** Why one is not let in. */
  static MessagingException refused(LiveBroker server, String... settings) {
    try (NatsLab lab = new NatsLab(server)) {
      Messaging messaging = lab.open(settings);
      try {
        lab.start(messaging, message -> {});
      } catch (MessagingException e) {
        return e;
      }
      throw new AssertionError("it was let in");
    }
  }

  @Override
  public void close() {
    for (AutoCloseable each : open) {
      try {
        each.close();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
