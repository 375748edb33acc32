package dev.missive.guice;

import static java.util.Objects.requireNonNull;

import com.google.inject.AbstractModule;
import com.google.inject.Key;
import com.google.inject.Provider;
import com.google.inject.Scopes;
import com.google.inject.TypeLiteral;
import com.google.inject.multibindings.Multibinder;
import com.google.inject.name.Names;
import dev.missive.Codec;
import dev.missive.Handler;
import dev.missive.Health;
import dev.missive.Interceptor;
import dev.missive.Messaging;
import dev.missive.Producer;
import dev.missive.Router;
import dev.missive.spi.BrokerProvider;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
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
 * connections.<name>.*}.
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
    Multibinder.newSetBinder(binder(), Interceptor.class);
    Multibinder.newSetBinder(binder(), Codec.class);
    Multibinder.newSetBinder(binder(), BrokerProvider.class);
    bound();
    configureMessaging();
    Provider<Set<Interceptor>> interceptors =
        getProvider(Key.get(new TypeLiteral<Set<Interceptor>>() {}));
    Provider<Set<Codec>> codecs = getProvider(Key.get(new TypeLiteral<Set<Codec>>() {}));
    Provider<Set<BrokerProvider>> providers =
        getProvider(Key.get(new TypeLiteral<Set<BrokerProvider>>() {}));
    Provider<Set<BoundHandler>> handlers = getProvider(setOf(BoundHandler.class));
    Provider<Messaging> messaging = getProvider(key(Messaging.class));
    bind(key(Messaging.class))
        .toProvider(
            () -> {
              Messaging.Builder builder =
                  Messaging.builder()
                      .settings(settings)
                      .interceptors(interceptors.get().toArray(Interceptor[]::new))
                      .codecs(codecs.get().toArray(Codec[]::new))
                      .providers(providers.get().toArray(BrokerProvider[]::new));
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
    return name == null ? Key.get(type) : Key.get(type, Names.named(name));
  }

  @SuppressWarnings("unchecked") // Guice builds the type; Java has no literal for it.
  private <T> Key<Set<T>> setOf(Class<T> type) {
    TypeLiteral<Set<T>> set =
        (TypeLiteral<Set<T>>) TypeLiteral.get(com.google.inject.util.Types.setOf(type));
    return name == null ? Key.get(set) : Key.get(set, Names.named(name));
  }

  private Multibinder<BoundHandler> bound() {
    return name == null
        ? Multibinder.newSetBinder(binder(), BoundHandler.class)
        : Multibinder.newSetBinder(binder(), BoundHandler.class, Names.named(name));
  }

  /** A handler that is being bound. Immutable; methods return changed copies. */
  public final class HandlerBinding {
    private final String[] topics;
    private final @Nullable String group;
    private final UnaryOperator<dev.missive.Consumer.Builder> options;

    private HandlerBinding(
        String[] topics,
        @Nullable String group,
        UnaryOperator<dev.missive.Consumer.Builder> options) {
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
    public HandlerBinding with(UnaryOperator<dev.missive.Consumer.Builder> more) {
      return new HandlerBinding(topics, group, builder -> more.apply(options.apply(builder)));
    }

    /**
     * Binds it to a handler that the injector makes.
     *
     * @param handler its class
     */
    public void to(Class<? extends Handler> handler) {
      Provider<? extends Handler> provider = getProvider(handler);
      bound()
          .addBinding()
          .toInstance(
              new BoundHandler(
                  topics, requireNonNull(group, "group(..) must be called"), options, provider));
    }

    /**
     * Binds it to a handler that is there already.
     *
     * @param handler the handler
     */
    public void toInstance(Handler handler) {
      requireNonNull(handler, "handler");
      bound()
          .addBinding()
          .toInstance(
              new BoundHandler(
                  topics,
                  requireNonNull(group, "group(..) must be called"),
                  options,
                  () -> handler));
    }
  }
}
