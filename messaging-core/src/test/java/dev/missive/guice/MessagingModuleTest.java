package dev.missive.guice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.inject.AbstractModule;
import com.google.inject.CreationException;
import com.google.inject.Guice;
import com.google.inject.Inject;
import com.google.inject.Injector;
import com.google.inject.Key;
import com.google.inject.Module;
import com.google.inject.Provider;
import com.google.inject.multibindings.Multibinder;
import com.google.inject.name.Names;
import dev.missive.Codec;
import dev.missive.ConnectionState;
import dev.missive.Consumer;
import dev.missive.ConsumerState;
import dev.missive.Handler;
import dev.missive.Health;
import dev.missive.Interceptor;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.Outcome;
import dev.missive.OutcomeHandler;
import dev.missive.Producer;
import dev.missive.Receipt;
import dev.missive.ReceivedMessage;
import dev.missive.Router;
import dev.missive.spi.Broker;
import dev.missive.spi.BrokerContext;
import dev.missive.spi.BrokerProvider;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.MemoryBroker;
import dev.missive.testkit.Recorder;
import dev.missive.testkit.memory.MemoryBrokerProvider;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class MessagingModuleTest {
  private final String broker = "guice-" + UUID.randomUUID();
  private final List<Messaging> open = new ArrayList<>();

  private Injector injector(Module... modules) {
    return Guice.createInjector(modules);
  }

  private Messaging messaging(Injector injector) {
    return opened(injector.getInstance(Messaging.class));
  }

  private Messaging opened(Messaging messaging) {
    open.add(messaging);
    return messaging;
  }

  private Map<String, String> settings() {
    return Map.of("broker", "memory", "memory.name", broker);
  }

  @AfterEach
  void close() {
    open.forEach(Messaging::close);
    MemoryBroker.named(broker).reset();
    MemoryBroker.named(broker + "-audit").reset();
  }

  @Test
  void credentials_are_asked_at_the_login() {
    MemoryBroker.named(broker).requireCredentials("me", "secret");
    AtomicReference<String> password = new AtomicReference<>("not yet known");
    Messaging messaging =
        messaging(
            injector(
                new MessagingModule()
                    .settings(settings())
                    .credential("memory.username", () -> "me")
                    .credential("memory.password", password::get)));
    password.set("secret");

    messaging.start();

    assertThat(messaging.health().connection().state()).isEqualTo(ConnectionState.CONNECTED);
  }

  @SafeVarargs
  private static <T> Module multibound(Class<T> type, T... values) {
    return new AbstractModule() {
      @Override
      protected void configure() {
        for (T value : values) {
          Multibinder.newSetBinder(binder(), type).addBinding().toInstance(value);
        }
      }
    };
  }

  /** Made by the injector, with a publisher of the same connection. */
  static final class Forwarding implements Handler {
    private final Producer producer;

    @Inject
    Forwarding(Producer producer) {
      this.producer = producer;
    }

    @Override
    public void handle(ReceivedMessage message) {
      producer.publish(Message.of("forwarded", message.payload()));
    }
  }

  @Test
  void a_connection_is_one_and_nothing_starts_before_start() {
    Injector injector = injector(new MessagingModule().settings(settings()));
    Messaging messaging = messaging(injector);

    assertThat(injector.getInstance(Messaging.class)).isSameAs(messaging);
    assertThat(injector.getInstance(Producer.class)).isSameAs(messaging.producer());
    assertThat(injector.getInstance(Router.class)).isSameAs(injector.getInstance(Router.class));
    assertThat(injector.getInstance(Health.class).connection().state())
        .isEqualTo(ConnectionState.NEW);
    assertThat(MemoryBroker.named(broker).connections()).isZero();

    messaging.start();
    assertThat(injector.getInstance(Health.class).connection().state())
        .as("a new snapshot")
        .isEqualTo(ConnectionState.CONNECTED);
  }

  @Test
  void bound_handlers_start_with_the_connection() {
    Recorder forwarded = new Recorder();
    Injector injector =
        injector(
            new MessagingModule() {
              @Override
              protected void configureMessaging() {
                bindHandler("orders").group("billing").concurrency(3).to(Forwarding.class);
                bindHandler("forwarded")
                    .group("billing")
                    .with(builder -> builder.maxInFlight(7))
                    .toInstance(forwarded);
              }
            }.settings(settings()));
    Messaging messaging = messaging(injector);
    assertThat(messaging.health().consumers()).isEmpty();

    messaging.start();
    messaging.start();
    assertThat(messaging.health().consumers()).hasSize(2);
    Eventually.await(
        "both topics",
        () ->
            MemoryBroker.named(broker).hasTopic("orders")
                && MemoryBroker.named(broker).hasTopic("forwarded"));
    messaging.producer().publish(Message.of("orders", "one".getBytes(StandardCharsets.UTF_8)));

    assertThat(forwarded.await(1).get(0).text()).isEqualTo("one");
  }

  /** Says itself what becomes of a message. */
  static final class Dropping implements OutcomeHandler {
    @Override
    public Outcome handle(ReceivedMessage message) {
      return Outcome.drop();
    }
  }

  @Test
  void a_handler_of_any_form_can_be_bound() {
    Messaging messaging =
        messaging(
            injector(
                new MessagingModule() {
                  @Override
                  protected void configureMessaging() {
                    bindHandler("orders")
                        .group("billing")
                        .to(Dropping.class, Consumer.Builder::outcomeHandler);
                  }
                }.settings(settings())));
    messaging.start();
    Eventually.await("the topic", () -> MemoryBroker.named(broker).hasTopic("orders"));

    messaging.producer().publish(Message.of("orders", "one".getBytes(StandardCharsets.UTF_8)));

    Eventually.await("dropped", () -> messaging.counters().subscriptions().get(0).dropped() == 1);
  }

  @Test
  void handlers_are_started_all_or_none() {
    AtomicBoolean broken = new AtomicBoolean(true);
    Recorder first = new Recorder();
    Module second =
        new AbstractModule() {
          @Override
          protected void configure() {
            Provider<Producer> producer = getProvider(Producer.class);
            bind(Forwarding.class)
                .toProvider(
                    () -> {
                      if (broken.get()) {
                        throw new IllegalStateException("not yet");
                      }
                      return new Forwarding(producer.get());
                    });
          }
        };
    Messaging messaging =
        messaging(
            injector(
                second,
                new MessagingModule() {
                  @Override
                  protected void configureMessaging() {
                    bindHandler("forwarded").group("billing").toInstance(first);
                    bindHandler("orders").group("billing").to(Forwarding.class);
                  }
                }.settings(settings())));

    assertThatThrownBy(messaging::start).hasStackTraceContaining("not yet");
    assertThat(messaging.health().consumers())
        .extracting(Health.Consumer::state)
        .doesNotContain(ConsumerState.STARTING, ConsumerState.RUNNING);

    broken.set(false);
    messaging.start();
    Eventually.await(
        "each of them once",
        () ->
            messaging.health().consumers().stream()
                    .filter(consumer -> consumer.state() == ConsumerState.RUNNING)
                    .count()
                == 2);
  }

  @Test
  void a_handler_without_a_group_is_refused() {
    assertThatThrownBy(
            () ->
                injector(
                    new MessagingModule() {
                      @Override
                      protected void configureMessaging() {
                        bindHandler("orders").toInstance(message -> {});
                      }
                    }))
        .isInstanceOf(CreationException.class)
        .hasMessageContaining("group(..) must be called");
  }

  @Test
  void multibound_interceptors_stand_around_every_publish_in_order() {
    List<String> calls = new CopyOnWriteArrayList<>();
    Injector injector =
        injector(
            new MessagingModule().settings(settings()),
            multibound(Interceptor.class, noting("first", calls), noting("second", calls)));
    Messaging messaging = messaging(injector);
    messaging.topology().declare("orders", "billing");

    messaging.producer().publish(Message.of("orders", new byte[0]));

    assertThat(calls).containsExactly("first", "second");
  }

  private static Interceptor noting(String name, List<String> calls) {
    return new Interceptor() {
      @Override
      public CompletionStage<Receipt> aroundPublish(Message message, PublishStep next) {
        calls.add(name);
        return next.proceed(message);
      }
    };
  }

  @Test
  void what_is_bound_by_name_is_used_by_that_connection_alone() {
    List<String> calls = new CopyOnWriteArrayList<>();
    Injector injector =
        injector(
            new MessagingModule().settings(settings()),
            MessagingModule.named("audit").settings(settings()),
            multibound(Interceptor.class, noting("all", calls)),
            new AbstractModule() {
              @Override
              protected void configure() {
                Multibinder.newSetBinder(binder(), Interceptor.class, Names.named("audit"))
                    .addBinding()
                    .toInstance(noting("audit", calls));
              }
            });
    Messaging general = messaging(injector);
    Messaging audit = opened(injector.getInstance(Key.get(Messaging.class, Names.named("audit"))));
    general.topology().declare("orders", "billing");

    general.producer().publish(Message.of("orders", new byte[0]));
    assertThat(calls).containsExactly("all");

    audit.producer().publish(Message.of("orders", new byte[0]));
    assertThat(calls).containsExactly("all", "all", "audit");
  }

  @Test
  void multibound_codecs_win_over_the_built_in_ones() {
    Codec shouting =
        new Codec() {
          @Override
          public String contentType() {
            return "application/json";
          }

          @Override
          public byte[] encode(Object value) {
            return value.toString().toUpperCase(Locale.ROOT).getBytes();
          }

          @Override
          public <T> T decode(ByteBuffer body, Class<T> type) {
            throw new UnsupportedOperationException();
          }
        };
    Messaging messaging =
        messaging(
            injector(
                new MessagingModule().settings(settings()), multibound(Codec.class, shouting)));

    Message message = messaging.producer().typed("orders", String.class).message("hey").build();

    assertThat(new String(message.payload())).isEqualTo("HEY");
  }

  @Test
  void named_connections_stand_beside_the_unnamed_one_and_share_nothing() {
    Recorder audited = new Recorder();
    Injector injector =
        injector(
            new MessagingModule().settings(settings()),
            new MessagingModule("order-audit") {
              @Override
              protected void configureMessaging() {
                bindHandler("orders").group("audit").toInstance(audited);
              }
            }.settings(settings())
                .settings(Map.of("connections.order-audit.memory.name", broker + "-audit")));
    Messaging general = messaging(injector);
    Messaging audit =
        opened(injector.getInstance(Key.get(Messaging.class, Names.named("order-audit"))));
    Producer auditing = injector.getInstance(Key.get(Producer.class, Names.named("order-audit")));

    general.start();
    audit.start();
    Eventually.await("the topic", () -> MemoryBroker.named(broker + "-audit").hasTopic("orders"));
    auditing.publish(Message.of("orders", "seen".getBytes(StandardCharsets.UTF_8)));

    assertThat(audited.await(1).get(0).text()).isEqualTo("seen");
    assertThat(auditing).isSameAs(audit.producer()).isNotSameAs(general.producer());
    assertThat(general.health().consumers()).isEmpty();
    assertThat(MemoryBroker.named(broker).hasTopic("orders")).isFalse();
  }

  @Test
  void an_adapter_from_the_multibinder_wins_over_the_one_of_the_class_path() {
    MemoryBrokerProvider real = new MemoryBrokerProvider();
    List<String> clients = new CopyOnWriteArrayList<>();
    BrokerProvider own =
        new BrokerProvider() {
          @Override
          public String name() {
            return "memory";
          }

          @Override
          public List<Setting> settings() {
            return real.settings();
          }

          @Override
          public Broker create(BrokerContext context) {
            clients.add(context.clientName());
            return real.create(context);
          }
        };
    Injector injector =
        injector(
            new MessagingModule().settings(settings()).settings(Map.of("application", "shop")),
            multibound(BrokerProvider.class, own));

    messaging(injector).start();

    assertThat(clients).containsExactly("shop");
  }
}
