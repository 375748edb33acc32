package dev.missive.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.spi.Broker;
import dev.missive.spi.BrokerContext;
import dev.missive.spi.BrokerProvider;
import dev.missive.testkit.contract.BrokerUnderTest;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Adapters that the kit hands to the runtime. */
final class HandedInTest {
  private final MemoryUnderTest memory = new MemoryUnderTest(null);

  /** An adapter under another name, which counts the connections it makes. */
  private static final class Renamed implements BrokerProvider {
    private final AtomicInteger made = new AtomicInteger();
    private final String name;
    private final BrokerProvider inner;

    Renamed(String name, BrokerProvider inner) {
      this.name = name;
      this.inner = inner;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public List<Setting> settings() {
      return inner.settings();
    }

    @Override
    public Broker create(BrokerContext context) {
      made.incrementAndGet();
      return inner.create(context);
    }
  }

  @Test
  void one_that_wraps_the_usual_one_is_used_under_its_own_name_with_the_settings_of_that_one() {
    Renamed wrapping = new Renamed("wrapping:memory", found());

    publish(memory.broker(), wrapping);

    assertThat(wrapping.made).hasValue(1);
    assertThat(memory.memory().hasTopic("handed.in")).isTrue();
  }

  @Test
  void one_that_wraps_an_adapter_that_only_the_kit_knows_has_its_settings_too() {
    Renamed own = new Renamed("memory", found());
    Renamed wrapping = new Renamed("wrapping:memory", own);

    publish(memory.broker().provider(own), wrapping);

    assertThat(wrapping.made).hasValue(1);
    assertThat(own.made).hasValue(1);
  }

  @Test
  void one_of_the_same_name_is_used_instead_of_the_usual_one() {
    Renamed usual = new Renamed("memory", found());
    Renamed handedIn = new Renamed("memory", found());

    publish(memory.broker().provider(usual), handedIn);

    assertThat(handedIn.made).hasValue(1);
    assertThat(usual.made).hasValue(0);
  }

  private static void publish(BrokerUnderTest broker, BrokerProvider adapter) {
    try (Messaging messaging = broker.open(Map.of(), adapter)) {
      messaging.topology().declare("handed.in", "group");
      messaging.producer().publish(Message.of("handed.in", "k", new byte[1]));
    }
  }

  private static BrokerProvider found() {
    return ServiceLoader.load(BrokerProvider.class).stream()
        .map(ServiceLoader.Provider::get)
        .filter(provider -> provider.name().equals("memory"))
        .findFirst()
        .orElseThrow();
  }
}
