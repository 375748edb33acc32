/** The runtime of Missive, and its Guice module. */
module dev.missive.core {
  requires transitive dev.missive;
  requires static org.jspecify;
  requires com.google.guice;
  requires com.google.common;
  requires jakarta.inject;
  requires io.github.resilience4j.circuitbreaker;
  requires org.snakeyaml.engine;
  requires tools.jackson.core;
  requires tools.jackson.databind;
  requires tools.jackson.dataformat.cbor;

  // Only resilience4j uses it, which has no module descriptor to say so.
  requires org.slf4j;

  exports dev.missive.core.guard;
  exports dev.missive.guice;

  uses dev.missive.spi.BrokerProvider;

  provides dev.missive.spi.MessagingFactory with
      dev.missive.core.RuntimeFactory;
}
