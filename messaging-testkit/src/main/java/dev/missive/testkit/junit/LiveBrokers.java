package dev.missive.testkit.junit;

import dev.missive.testkit.launcher.BrokerMissingException;
import dev.missive.testkit.launcher.BrokerOptions;
import dev.missive.testkit.launcher.ClientProgram;
import dev.missive.testkit.launcher.LiveBroker;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;

/**
 * Real brokers for tests with JUnit: where one is missing the test is skipped with the reason, or
 * fails if brokers are required (system property {@code missive.brokers} or variable {@code
 * MISSIVE_BROKERS} is {@code required}). Thread-safe.
 *
 * @since 0.1
 */
public final class LiveBrokers {
  private static final Object LOCK = new Object();
  private static final Map<BrokerOptions, LiveBroker> SHARED = new HashMap<>();

  private LiveBrokers() {}

  /**
   * Skips the test if there is no such broker.
   *
   * @param options which
   * @throws BrokerMissingException if there is none and brokers are required
   */
  public static void require(BrokerOptions options) {
    require(options.missing());
  }

  /**
   * A program of others; skips the test if it is not there.
   *
   * @param name such as {@code kcat}
   * @return to be run
   * @throws BrokerMissingException if it is not there and brokers are required
   */
  public static ClientProgram program(String name) {
    require(ClientProgram.missing(name));
    return ClientProgram.named(name);
  }

  private static void require(Optional<String> missing) {
    if (missing.isPresent() && required()) {
      throw new BrokerMissingException(missing.get());
    }
    missing.ifPresent(Assumptions::abort);
  }

  /**
   * Starts one for a test that disturbs it.
   *
   * @param options which
   * @return to be closed by the caller
   * @throws BrokerMissingException if there is none and brokers are required
   */
  public static LiveBroker start(BrokerOptions options) {
    require(options);
    return options.start();
  }

  /**
   * The one that all tests of this JVM share; started by the first that asks. Do not disturb or
   * close it, and use names of your own.
   *
   * @param options which
   * @return ends with this JVM
   * @throws BrokerMissingException if there is none and brokers are required
   */
  public static LiveBroker shared(BrokerOptions options) {
    require(options);
    synchronized (LOCK) {
      return SHARED.computeIfAbsent(options, BrokerOptions::start);
    }
  }

  private static boolean required() {
    String asked = System.getProperty("missive.brokers", System.getenv("MISSIVE_BROKERS"));
    return "required".equals(asked);
  }
}
