package dev.missive.testkit.differential;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.testkit.contract.BrokerUnderTest;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.Timeout;

/**
 * Clause U02 of the contract: a broker gives the same histories as the in-memory one. An adapter's
 * test class implements this interface and says which broker:
 *
 * <pre>{@code
 * final class AcmeDifferentialTest implements DifferentialContract {
 *   @Override
 *   public BrokerUnderTest broker() {
 *     return BrokerUnderTest.of("acme", Map.of("acme.url", url)).control(new AcmeControl());
 *   }
 * }
 * }</pre>
 *
 * @since 0.1
 */
public interface DifferentialContract {

  /**
   * The broker under test, in real time. With a {@link dev.missive.testkit.contract.Control.Cut}
   * its connections are cut too.
   *
   * @return settings, timings, control
   */
  BrokerUnderTest broker();

  /**
   * What is played on it; to be overridden for more or less than usual.
   *
   * @param broker from {@link #broker}
   * @return scripts, and what they are compared with
   */
  default Differential differential(BrokerUnderTest broker) {
    return Differential.of(broker);
  }

  /**
   * U02.
   *
   * @param reporter gets the broker's name
   */
  @Test
  @Timeout(value = 15, unit = TimeUnit.MINUTES)
  @DisplayName("U02 random scripts have the same history as on the in-memory broker")
  default void same_histories(TestReporter reporter) {
    BrokerUnderTest broker = broker();
    reporter.publishEntry(Map.of("missive.broker", broker.name()));
    DifferentialReport report = differential(broker).run();
    System.out.println(report);
    assertThat(report.passed()).as(report.toString()).isTrue();
  }
}
