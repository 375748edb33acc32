package dev.missive.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.core.config.FakeProvider;
import dev.missive.spi.Broker;
import dev.missive.spi.BrokerContext;
import dev.missive.spi.BrokerProvider;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ProvidersTest {
  private static final BrokerProvider MEMORY = FakeProvider.of("memory");
  private static final BrokerProvider ACME = FakeProvider.of("acme");
  private static final BrokerProvider OTHER = FakeProvider.of("other");

  /** Named in a service file that only a context class loader sees. */
  public static final class OfTheContext implements BrokerProvider {
    @Override
    public String name() {
      return "context";
    }

    @Override
    public List<Setting> settings() {
      return List.of();
    }

    @Override
    public Broker create(BrokerContext context) {
      throw new UnsupportedOperationException();
    }
  }

  private static ErrorCode refused(List<BrokerProvider> all, String wanted, String... text) {
    ErrorCode[] code = new ErrorCode[1];
    assertThatThrownBy(() -> Providers.choose(all, wanted))
        .isInstanceOfSatisfying(MessagingException.class, e -> code[0] = e.code())
        .hasMessageContainingAll(text);
    return code[0];
  }

  @Test
  void without_an_adapter_it_says_what_to_add() {
    assertThat(refused(List.of(), null, "messaging-rabbitmq", "messaging-testkit"))
        .isEqualTo(ErrorCode.PROVIDER_MISSING);
    assertThat(refused(List.of(), "acme", "\"acme\"", "class path: none", "dependency that"))
        .isEqualTo(ErrorCode.PROVIDER_MISSING);
    assertThat(refused(List.of(), "kafka", "\"kafka\". Found", "dependency messaging-kafka,"))
        .isEqualTo(ErrorCode.PROVIDER_MISSING);
  }

  @Test
  void a_misspelt_one_is_guessed() {
    assertThat(refused(List.of(MEMORY), "rabbit", "mean rabbitmq?", "messaging-rabbitmq,"))
        .isEqualTo(ErrorCode.PROVIDER_MISSING);
    assertThat(refused(List.of(), "memroy", "mean memory?", "dependency messaging-testkit,"))
        .isEqualTo(ErrorCode.PROVIDER_MISSING);
    assertThat(refused(List.of(ACME), "acne", "did you mean acme?", "set broker to one of"))
        .isEqualTo(ErrorCode.PROVIDER_MISSING);
  }

  @Test
  void the_only_real_one_is_chosen_wherever_memory_stands() {
    assertThat(Providers.choose(List.of(ACME), null)).isSameAs(ACME);
    assertThat(Providers.choose(List.of(MEMORY, ACME), null)).isSameAs(ACME);
    assertThat(Providers.choose(List.of(ACME, MEMORY), null)).isSameAs(ACME);
  }

  @Test
  void of_several_one_must_be_named() {
    assertThat(refused(List.of(OTHER, MEMORY, ACME), null, "acme, other. Set broker"))
        .isEqualTo(ErrorCode.PROVIDER_AMBIGUOUS);
    assertThat(Providers.choose(List.of(OTHER, MEMORY, ACME), "acme")).isSameAs(ACME);
    assertThat(Providers.choose(List.of(OTHER, MEMORY, ACME), "memory")).isSameAs(MEMORY);
    assertThat(refused(List.of(OTHER, MEMORY, ACME), "Acme", "\"Acme\"", "acme, memory, other"))
        .isEqualTo(ErrorCode.PROVIDER_MISSING);
  }

  @Test
  void memory_alone_is_chosen_with_a_line_in_the_log() {
    List<String> lines = new ArrayList<>();
    Handler listener =
        new Handler() {
          @Override
          public void publish(LogRecord line) {
            lines.add(line.getMessage());
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    Logger logger = Logger.getLogger("dev.missive");
    logger.addHandler(listener);
    try {
      assertThat(Providers.choose(List.of(MEMORY), null)).isSameAs(MEMORY);
      assertThat(lines).singleElement().asString().contains("nothing survives this process");

      lines.clear();
      Providers.choose(List.of(MEMORY), "memory");
      Providers.choose(List.of(MEMORY, ACME), null);
      assertThat(lines).as("whoever asked for it knows").isEmpty();
    } finally {
      logger.removeHandler(listener);
    }
  }

  @Test
  void those_from_code_win_over_those_of_the_class_path() {
    assertThat(Providers.find(List.of()))
        .extracting(BrokerProvider::name)
        .containsExactly("memory");
    assertThat(Providers.find(List.of(ACME, MEMORY))).containsExactly(ACME, MEMORY);
    assertThat(Providers.find(List.of(ACME, FakeProvider.of("acme"))).get(0)).isSameAs(ACME);
  }

  @Test
  void the_context_class_loader_is_asked_too(@TempDir Path folder) throws Exception {
    Path services = Files.createDirectories(folder.resolve("META-INF/services"));
    Files.writeString(
        services.resolve(BrokerProvider.class.getName()), OfTheContext.class.getName());
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    try (URLClassLoader context = new URLClassLoader(new URL[] {folder.toUri().toURL()}, before)) {
      thread.setContextClassLoader(context);
      assertThat(Providers.find(List.of()))
          .extracting(BrokerProvider::name)
          .containsExactly("memory", "context");
    } finally {
      thread.setContextClassLoader(before);
    }
  }
}
