package dev.missive.rabbitmq;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.impl.CredentialsProvider;
import dev.missive.ConnectionState;
import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.NotRetryableException;
import dev.missive.Ordering;
import dev.missive.PublishException;
import dev.missive.Receipt;
import dev.missive.Topology;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.Recorder;
import dev.missive.testkit.history.History;
import dev.missive.testkit.history.Publishers;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.BrokerOptions;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import dev.missive.testkit.proxy.Direction;
import dev.missive.testkit.proxy.TcpProxy;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds over links that are cut and made again. */
@Tag("broker")
@ParameterizedClass(name = "oldest={0}")
@MethodSource("dev.missive.rabbitmq.Versions#oldest")
final class RabbitReconnectTest {
  private static final Duration PATIENCE = Duration.ofSeconds(180);

  private final LiveBroker broker;
  private final TcpProxy proxy;
  private final RabbitLab lab;

  RabbitReconnectTest(boolean oldest) {
    BrokerOptions options = oldest ? Brokers.rabbitmq().withOldest() : Brokers.rabbitmq();
    broker = LiveBrokers.shared(options.withProcess().withProxy());
    proxy = broker.node().proxy().orElseThrow();
    lab = new RabbitLab(broker);
  }

  @AfterEach
  void close() throws Exception {
    proxy.heal();
    lab.close();
  }

  @Test
  void nothing_is_lost_or_reordered_by_cuts_in_the_middle_of_frames() {
    Messaging messaging = lab.open(Map.of("rabbitmq.retry-delay-max", "1s"));
    History history = new History();
    lab.start(
        messaging,
        lab.topic,
        "g",
        history.recording("g", message -> {}),
        builder -> builder.ordering(Ordering.KEY));
    long seed = System.nanoTime();
    Random random = new Random(seed);
    try (Publishers load = Publishers.start(messaging, lab.topic, history, 4)) {
      load.more(100);
      for (int cut = 0; cut < 6; cut++) {
        long made = proxy.accepted();
        proxy.cutAfter(
            cut % 2 == 0 ? Direction.TO_SERVER : Direction.TO_CLIENT, 1 + random.nextInt(20_000));
        Eventually.await("a new link", PATIENCE, () -> proxy.accepted() >= made + 2);
        load.more(100);
      }
      load.settle("g");
      assertThat(load.failures()).isEmpty();
    }

    // What was under way comes again, as often as it was cut.
    assertThat(history.check(new History.Rules(List.of("g"), true, Integer.MAX_VALUE)))
        .as("seed %s", seed)
        .isEmpty();
  }

  /** They are tried in a random order. */
  @Test
  void of_several_addresses_one_that_answers_is_enough() {
    URI uri = URI.create(broker.url());
    String answers = uri.getHost() + ":" + uri.getPort();
    for (int i = 0; i < 5; i++) {
      Map<String, String> login = new HashMap<>();
      login.put("broker", "rabbitmq");
      login.put("connect.timeout", "60s");
      login.put("rabbitmq.addresses", "127.0.0.1:1," + answers + ",127.0.0.1:2");
      try (Messaging messaging = Messaging.builder().settings(login).open()) {
        messaging.topology().declare(lab.topic, "g" + i);

        assertThat(messaging.health().connection().state()).isEqualTo(ConnectionState.CONNECTED);
      }
    }
  }

  /** The queue stands, and nothing would come into it any more. */
  @Test
  void what_was_deleted_around_a_queue_is_made_again_with_the_next_link() throws Exception {
    String exchange = lab.topic + ".exchange";
    Messaging messaging = lab.open(Map.of("rabbitmq.exchange", exchange));
    Recorder seen = new Recorder();
    lab.start(messaging, lab.topic, "g", seen, builder -> builder);
    lab.publish(messaging, "before");
    Eventually.await("the first", PATIENCE, () -> seen.texts().contains("before"));

    lab.raw().exchangeDelete(exchange);
    lab.raw().queueDelete(lab.topic + ".g.dlq");
    proxy.reset();

    Eventually.await("it comes again", PATIENCE, () -> reaches(messaging, seen));
    assertThat(messaging.deadLetters().count(lab.topic, "g")).isZero();
    assertThat(messaging.topology().plan(Topology.Plan.empty().group(lab.topic, "g")))
        .filteredOn(difference -> difference.kind() != Topology.Difference.Kind.UNSEEN)
        .isEmpty();
  }

  private boolean reaches(Messaging messaging, Recorder seen) {
    try {
      lab.publish(messaging, "after");
    } catch (PublishException e) {
      // Until it is there again.
    }
    return seen.texts().contains("after");
  }

  @Test
  void dead_letters_that_were_deleted_while_their_group_runs_are_declared_again() throws Exception {
    Messaging messaging = lab.open(Map.of());
    lab.start(
        messaging,
        lab.topic,
        "g",
        message -> {
          throw new NotRetryableException("on purpose");
        },
        builder -> builder);

    lab.raw().queueDelete(lab.topic + ".g.dlq");
    lab.publish(messaging, "hopeless");

    Eventually.await("its letter", PATIENCE, () -> letters(messaging) == 1);
  }

  private long letters(Messaging messaging) {
    try {
      return messaging.deadLetters().count(lab.topic, "g");
    } catch (MessagingException e) {
      assertThat(e.code()).isEqualTo(ErrorCode.TOPIC_MISSING);
      return 0;
    }
  }

  @Test
  void a_provider_of_credentials_is_asked_at_every_connect() {
    AtomicReference<String> password = new AtomicReference<>("guest");
    CredentialsProvider provider =
        new CredentialsProvider() {
          @Override
          public String getUsername() {
            return "guest";
          }

          @Override
          public String getPassword() {
            return password.get();
          }
        };
    Messaging messaging =
        lab.open(
            new RabbitBrokerProvider(factory -> factory.setCredentialsProvider(provider), null),
            Map.of());
    messaging.topology().declare(lab.topic, "g");

    change("another");
    try {
      password.set("another");
      proxy.reset();
      Message message = Message.builder(lab.topic).text("after").build();
      assertThat(messaging.producer().publish(message).id()).isEqualTo(message.id());
    } finally {
      change("guest");
    }
  }

  /** Whoever is not there refuses nobody: what is published then waits, and fails no more. */
  @Test
  void refused_credentials_are_forgotten_when_the_broker_goes_away() {
    Messaging messaging =
        lab.open(
            Map.of(
                "rabbitmq.auth-retry", "1s",
                "rabbitmq.retry-delay-max", "1s",
                "producer.deadline", "120s"));
    messaging.topology().declare(lab.topic, "g");
    change("another");
    try {
      proxy.reset();
      awaitState(messaging, ConnectionState.AUTH_FAILED);
      proxy.refuse();
      awaitState(messaging, ConnectionState.RECONNECTING);
      CompletableFuture<Receipt> waiting =
          messaging
              .producer()
              .publishAsync(Message.builder(lab.topic).text("waits").build())
              .toCompletableFuture();

      change("guest");
      proxy.heal();
      waiting.orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
      assertThat(messaging.health().connection().state()).isEqualTo(ConnectionState.CONNECTED);
    } finally {
      change("guest");
    }
  }

  private void change(String password) {
    broker.node().tool("rabbitmqctl", "change_password", "guest", password);
  }

  private static void awaitState(Messaging messaging, ConnectionState state) {
    Eventually.await(
        state.name(), PATIENCE, () -> messaging.health().connection().state() == state);
  }
}
