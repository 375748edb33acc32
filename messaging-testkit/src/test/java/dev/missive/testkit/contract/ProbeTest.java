package dev.missive.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.spi.BrokerProvider;
import dev.missive.testkit.memory.MemoryBrokerProvider;
import org.junit.jupiter.api.Test;

/** How a probe stands beside the adapter that it wraps. */
final class ProbeTest {
  @Test
  void it_has_a_name_of_its_own_and_the_settings_of_its_adapter() {
    BrokerProvider memory = new MemoryBrokerProvider();

    Probe probe = new Probe(memory);

    assertThat(probe.name()).isEqualTo("probe:memory");
    assertThat(probe.settings()).isEqualTo(memory.settings());
  }
}
