package dev.missive.conformance.mutants;

import dev.missive.Messaging;
import dev.missive.spi.BrokerProvider;
import dev.missive.testkit.contract.BrokerUnderTest;
import java.time.Duration;
import java.util.ServiceLoader;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * A broker or a runtime with one defect.
 *
 * @param clause the clause that must catch it
 * @param defect what it does wrong, as the end of a sentence that begins with "a broker that"
 * @param layer where it is wrong
 * @param setup what its broker needs besides
 * @param tap the defect; asked once per test
 */
record Mutant(String clause, String defect, Layer layer, Setup setup, Supplier<Tap> tap) {
  private static final Duration USUAL = Duration.ofSeconds(30);

  /** Where a defect is. */
  enum Layer {
    /** Below the SPI: the adapter or its broker. */
    BROKER,
    /** Above the SPI, as applications see it. */
    RUNTIME,
    /** Neither: the contract itself. */
    KIT,
    /** Nothing is wrong, on either side. */
    NONE
  }

  /** A broker that does something wrong. */
  static Mutant broker(String clause, String defect, Supplier<Tap> tap) {
    return new Mutant(clause, defect, Layer.BROKER, Setup.PLAIN, tap);
  }

  /** A runtime that does something wrong. */
  static Mutant runtime(String clause, String defect, Supplier<Tap> tap) {
    return new Mutant(clause, defect, Layer.RUNTIME, Setup.PLAIN, tap);
  }

  /** A kit that does something wrong. */
  static Mutant kit(String clause, String defect) {
    return new Mutant(clause, defect, Layer.KIT, Setup.PLAIN, () -> Tap.NOTHING);
  }

  /** The same with another setup. */
  Mutant on(Setup other) {
    return new Mutant(clause, defect, layer, other, tap);
  }

  /** The unbroken broker and runtime, wrapped like the others. */
  static Mutant unbroken(String clause, Setup setup) {
    return new Mutant(clause, "", Layer.NONE, setup, () -> Tap.NOTHING);
  }

  private boolean isUnbroken() {
    return layer == Layer.NONE;
  }

  /** How much virtual time anything may take: a defect is to be found soon. */
  Duration readyTimeout() {
    return isUnbroken() ? USUAL : Duration.ofSeconds(10);
  }

  /** How much real time a wait gets in the end, for threads that no clock knows. */
  Duration patience() {
    return isUnbroken() ? USUAL : Duration.ofMillis(500);
  }

  /** The broker with the defect. */
  BrokerUnderTest in(BrokerUnderTest broker) {
    BrokerUnderTest below = layer == Layer.RUNTIME ? broker : broker.provider(adapter());
    return layer == Layer.BROKER ? below : below.opening(runtime());
  }

  /** The same for tests that open connections themselves. */
  UnaryOperator<Messaging.Builder> opening() {
    UnaryOperator<Messaging.Builder> above = layer == Layer.BROKER ? builder -> builder : runtime();
    if (layer == Layer.RUNTIME) {
      return above;
    }
    BrokerProvider broken = adapter();
    return builder -> above.apply(builder.providers(broken));
  }

  private UnaryOperator<Messaging.Builder> runtime() {
    Wrapper wrapper = new Wrapper(tap.get());
    return builder -> wrapper.wrap(Messaging.Builder.class, builder);
  }

  private BrokerProvider adapter() {
    BrokerProvider memory =
        ServiceLoader.load(BrokerProvider.class).stream()
            .map(ServiceLoader.Provider::get)
            .filter(found -> found.name().equals("memory"))
            .findFirst()
            .orElseThrow();
    return new Wrapper(tap.get()).wrap(BrokerProvider.class, memory);
  }
}
