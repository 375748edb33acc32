package dev.missive.guice;

import static java.util.Objects.requireNonNull;

import com.google.inject.AbstractModule;
import com.google.inject.Key;
import com.google.inject.Provider;
import com.google.inject.Scopes;
import com.google.inject.TypeLiteral;
import com.google.inject.multibindings.Multibinder;
import com.google.inject.name.Names;
import com.google.inject.util.Types;
import dev.missive.Codec;
import dev.missive.Consumer;
import dev.missive.Handler;
import dev.missive.Health;
import dev.missive.Interceptor;
import dev.missive.Messaging;
import dev.missive.Producer;
import dev.missive.Router;
import dev.missive.spi.BrokerProvider;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Binds {@link Messaging}, {@link Producer}, {@link Router} and {@link Health} of one connection,
 * and starts the handlers that are bound here.
 *
 * <p>Subclass it to bind handlers:
 *
 * <pre>{@code
 * class OrdersModule extends MessagingModule {
 *   @Override protected void configureMessaging() {
 *     bindHandler("orders").group("billing").concurrency(16).to(OrderHandler.class);
 *   }
 * }
 * Messaging messaging = Guice.createInjector(new OrdersModule()).getInstance(Messaging.class);
 * messaging.start();   // connects and starts the handlers
 * messaging.close();   // drains them, 30 s
 * }</pre>
 *
 * <p>Interceptors, codecs and adapters that other modules add to a {@code Multibinder} of {@link
 * Interceptor}, {@link Codec} or {@link BrokerProvider} are used by every connection. Of a named
 * connection everything is bound with {@code @Named(name)}, and its settings are {@code
 * connections.<name>.*}; what other modules add to a {@code Multibinder} with {@code @Named(name)}
 * is used by that connection alone: interceptors inside of those of all, codecs and adapters before
 * those of all.
 *
 * @since 0.1
 */
public class MessagingModule extends AbstractModule {
  private final @Nullable String name;
  private final Map<String, String> settings = new LinkedHashMap<>();
  private final Map<String, Supplier<String>> credentials = new LinkedHashMap<>();

  /** The unnamed connection, with the settings found outside the code. */
  public MessagingModule() {
    this(null);
  }

  /**
   * A named connection.
   *
   * @param name the name; null for the unnamed one
   */
  public MessagingModule(@Nullable String name) {
    this.name = name;
  }

  /**
   * A named connection without handlers of its own.
   *
   * @param name the name
   * @return the module
   */
  public static MessagingModule named(String name) {
    return new MessagingModule(requireNonNull(name, "name"));
  }

  /**
   * Sets settings in code; they win over every other source.
   *
   * @param values keys and values
   * @return this
   */
  public final MessagingModule settings(Map<String, String> values) {
    settings.putAll(values);
    return this;
  }

  /**
   * Sets a credential that may change while the connection lives, as {@link
   * Messaging.Builder#credential}.
   *
   * @param key a setting that its adapter documents as a credential
   * @param value asked on threads of the adapter
   * @return this
   */
  public final MessagingModule credential(String key, Supplier<String> value) {
    credentials.put(requireNonNull(key, "key"), requireNonNull(value, "value"));
    return this;
  }

  /** Binds handlers; by default none. Called while the injector is made. */
  protected void configureMessaging() {}

  /**
   * Starts to bind a handler.
   *
   * @param topics its topics
   * @return what to call next; nothing is bound before {@code to}
   */
  protected final HandlerBinding bindHandler(String... topics) {
    return new HandlerBinding(topics, null, builder -> builder);
  }

  @Override
  protected final void configure() {
    own(BoundHandler.class);
    configureMessaging();
    Provider<Set<BoundHandler>> handlers = getProvider(key(setOf(BoundHandler.class)));
    Shared<Interceptor> interceptors = shared(Interceptor.class);
    Shared<Codec> codecs = shared(Codec.class);
    Shared<BrokerProvider> providers = shared(BrokerProvider.class);
    Provider<Messaging> messaging = getProvider(key(Messaging.class));
    bind(key(Messaging.class))
        .toProvider(
            () -> {
              Messaging.Builder builder =
                  Messaging.builder()
                      .settings(settings)
                      .interceptors(interceptors.ownLast().toArray(Interceptor[]::new))
                      .codecs(codecs.ownFirst().toArray(Codec[]::new))
                      .providers(providers.ownFirst().toArray(BrokerProvider[]::new));
              credentials.forEach(builder::credential);
              return new StartingMessaging(
                  name == null ? builder.open() : builder.connection(name).open(), handlers);
            })
        .in(Scopes.SINGLETON);
    bind(key(Producer.class)).toProvider(() -> messaging.get().producer()).in(Scopes.SINGLETON);
    bind(key(Router.class)).toProvider(() -> messaging.get().router()).in(Scopes.SINGLETON);
    // A snapshot: a new one each time.
    bind(key(Health.class)).toProvider(() -> messaging.get().health());
  }

  private <T> Key<T> key(Class<T> type) {
    return key(TypeLiteral.get(type));
  }

  private <T> Key<T> key(TypeLiteral<T> type) {
    return name == null ? Key.get(type) : Key.get(type, Names.named(name));
  }

  /** Those of this connection. */
  private <T> Multibinder<T> own(Class<T> type) {
    return name == null
        ? Multibinder.newSetBinder(binder(), type)
        : Multibinder.newSetBinder(binder(), type, Names.named(name));
  }

  private <T> Shared<T> shared(Class<T> type) {
    Multibinder.newSetBinder(binder(), type);
    own(type);
    TypeLiteral<Set<T>> set = setOf(type);
    Provider<Set<T>> all = getProvider(Key.get(set));
    return new Shared<>(all, name == null ? Set::of : getProvider(key(set)));
  }

  @SuppressWarnings("unchecked") // Guice builds the type; Java has no literal for it.
  private static <T> TypeLiteral<Set<T>> setOf(Class<T> type) {
    return (TypeLiteral<Set<T>>) TypeLiteral.get(Types.setOf(type));
  }

  /** What modules add for every connection, and for this one. */
  private record Shared<T>(Provider<Set<T>> all, Provider<Set<T>> own) {
    List<T> ownLast() {
      return Stream.of(all, own).flatMap(some -> some.get().stream()).toList();
    }

    List<T> ownFirst() {
      return Stream.of(own, all).flatMap(some -> some.get().stream()).toList();
    }
  }

  /** A handler that is being bound. Immutable; methods return changed copies. */
  public final class HandlerBinding {
    private final String[] topics;
    private final @Nullable String group;
    private final UnaryOperator<Consumer.Builder> options;

    private HandlerBinding(
        String[] topics, @Nullable String group, UnaryOperator<Consumer.Builder> options) {
      this.topics = topics;
      this.group = group;
      this.options = options;
    }

    /**
     * Sets the group; required.
     *
     * @param value the group
     * @return a changed copy
     */
    public HandlerBinding group(String value) {
      return new HandlerBinding(topics, requireNonNull(value, "group"), options);
    }

    /**
     * Sets how many handlers run at the same time.
     *
     * @param handlers at least 1
     * @return a changed copy
     */
    public HandlerBinding concurrency(int handlers) {
      return with(builder -> builder.concurrency(handlers));
    }

    /**
     * Sets anything else a consumer can be told.
     *
     * @param more called with the consumer's builder
     * @return a changed copy
     */
    public HandlerBinding with(UnaryOperator<Consumer.Builder> more) {
      return new HandlerBinding(topics, group, builder -> more.apply(options.apply(builder)));
    }

    /**
     * Binds it to a handler that the injector makes.
     *
     * @param handler its class
     */
    public void to(Class<? extends Handler> handler) {
      to(handler, Consumer.Builder::handler);
    }

    /**
     * Binds it to a handler of another form that the injector makes: {@code to(Refunds.class,
     * Consumer.Builder::outcomeHandler)}, or {@code to(Import.class, (builder, handler) ->
     * builder.batchHandler(500, Duration.ofSeconds(1), handler))}.
     *
     * @param handler its class
     * @param as hands it to the consumer's builder
     * @param <H> its type
     */
    public <H> void to(
        Class<H> handler, BiFunction<Consumer.Builder, ? super H, Consumer.Builder> as) {
      requireNonNull(as, "as");
      Provider<H> made = getProvider(requireNonNull(handler, "handler"));
      bind(builder -> as.apply(builder, made.get()));
    }

    /**
     * Binds it to a handler that is there already.
     *
     * @param handler the handler
     */
    public void toInstance(Handler handler) {
      requireNonNull(handler, "handler");
      bind(builder -> builder.handler(handler));
    }

    private void bind(UnaryOperator<Consumer.Builder> handled) {
      String of = requireNonNull(group, "group(..) must be called");
      own(BoundHandler.class)
          .addBinding()
          .toInstance(
              new BoundHandler(topics, of, builder -> handled.apply(options.apply(builder))));
    }
  }
}
