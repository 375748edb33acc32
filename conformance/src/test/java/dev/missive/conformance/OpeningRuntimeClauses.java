package dev.missive.conformance;

import static dev.missive.conformance.Lab.GROUP;
import static dev.missive.conformance.Lab.TOPIC;
import static dev.missive.conformance.Lab.consume;
import static dev.missive.conformance.Lab.message;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.ErrorCode;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.spi.Broker;
import dev.missive.spi.BrokerContext;
import dev.missive.spi.BrokerProvider;
import dev.missive.testkit.MemoryBroker;
import dev.missive.testkit.Recorder;
import dev.missive.testkit.memory.MemoryBrokerProvider;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Clauses Z28, Z29, Z31 and Z32: what is opened, with which settings, and apart from what. */
public interface OpeningRuntimeClauses extends Clauses {
  @Test
  @DisplayName(
      "Z28 an adapter that is not there is named, with those that are; several need a choice")
  default void providers() {
    assertThatThrownBy(() -> lab().open("broker", "rabbitmq"))
        .isInstanceOfSatisfying(
            MessagingException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.PROVIDER_MISSING))
        .hasMessageContaining("no broker provider named \"rabbitmq\"")
        .hasMessageContaining("memory")
        .hasMessageContaining("messaging-rabbitmq");
    assertThatThrownBy(
            () ->
                Messaging.builder()
                    .providers(new NamedProvider("a"), new NamedProvider("b"))
                    .open())
        .hasMessageContaining("MSG-PROVIDER-AMBIGUOUS")
        .hasMessageContaining("a, b");
  }

  @Test
  @DisplayName(
      "Z28 an adapter is found by ServiceLoader, and without any opening is MSG-PROVIDER-MISSING")
  default void on_the_class_path() throws Exception {
    Class<?> core = Messaging.builder().getClass();
    assertThatThrownBy(() -> openOn(ClassPath.of(Messaging.class, core)))
        .cause()
        .hasMessageContaining("MSG-PROVIDER-MISSING")
        .hasMessageContaining("no adapter is on the class path")
        .hasMessageContaining("messaging-testkit");
    openOn(ClassPath.of(Messaging.class, core, MemoryBroker.class));
  }

  /** Opens and closes a connection where nothing else is on the class path. */
  private static void openOn(Stream<URL> classPath) throws Exception {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    try (URLClassLoader loader =
        new URLClassLoader(classPath.toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
      thread.setContextClassLoader(loader);
      Class<?> messaging = loader.loadClass(Messaging.class.getName());
      Class<?> builder = loader.loadClass(Messaging.Builder.class.getName());
      Object made = messaging.getMethod("builder").invoke(null);
      messaging.getMethod("close").invoke(builder.getMethod("open").invoke(made));
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  /** An adapter with nothing but a name. */
  record NamedProvider(String name) implements BrokerProvider {
    @Override
    public List<Setting> settings() {
      return List.of();
    }

    @Override
    public Broker create(BrokerContext context) {
      throw new UnsupportedOperationException();
    }
  }

  @Test
  @DisplayName("Z29 two brokers of one kind share nothing")
  default void of_one_kind() {
    try (Lab other = lab().another()) {
      assertApart(lab().open(), other.open());
    }
  }

  @Test
  @DisplayName("Z29 two brokers of different kinds share nothing")
  default void of_two_kinds() {
    try (Lab other = lab().another()) {
      Renamed copper = new Renamed("copper", new MemoryBrokerProvider());
      assertApart(
          lab().open(), other.open(b -> b.providers(copper).setting("broker", copper.name())));
    }
  }

  private void assertApart(Messaging messaging, Messaging another) {
    Recorder seen = new Recorder();
    consume(another, seen);
    consume(messaging, new Recorder());
    messaging.producer().publish(message("k", "v"));
    lab()
        .await(
            "handled",
            () -> messaging.counters().of(TOPIC, GROUP).acked() == 1 || !seen.runs().isEmpty());
    lab().time.settle();
    assertThat(seen.runs()).as("what came to another broker").isEmpty();
    assertThat(another.counters().of(TOPIC, GROUP).received()).as("deliveries of it").isZero();
    assertThat(another.counters().publishing().stored()).as("messages stored there").isZero();
  }

  /** Another kind of broker, as far as the runtime can see. */
  record Renamed(String name, BrokerProvider inner) implements BrokerProvider {
    @Override
    public List<Setting> settings() {
      return inner.settings();
    }

    @Override
    public Broker create(BrokerContext context) {
      return inner.create(context);
    }
  }

  @Test
  @DisplayName("Z32 unwrap of a foreign type is empty")
  default void foreign_type() {
    assertThat(lab().open().unwrap(Thread.class)).as("unwrap of a foreign type").isEmpty();
  }

  @Test
  @DisplayName("Z31 unknown and wrong settings are reported all at once with a suggestion")
  default void settings() {
    assertThatThrownBy(
            () ->
                lab()
                    .open(
                        "retry.max-atempts", "3", "producer.window", "0", "memory.retain", "many"))
        .isInstanceOfSatisfying(
            MessagingException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFIG_INVALID))
        .hasMessageContaining("3 problems")
        .hasMessageContaining(
            "retry.max-atempts (code) is not a known setting; did you mean retry.max-attempts?")
        .hasMessageContaining("producer.window (code) was \"0\" but must be at least 1")
        .hasMessageContaining("memory.retain (code) was \"many\" but must be a whole number");
  }
}
