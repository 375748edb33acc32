/** The runtime of Missive, and its Guice module. */
module dev.missive.core {
  requires transitive dev.missive;
  requires static org.jspecify;
  requires com.google.guice;
  requires com.google.common;
  requires jakarta.inject;
  requires org.snakeyaml.engine;
  requires tools.jackson.core;
  requires tools.jackson.databind;

  exports dev.missive.guice;

  uses dev.missive.spi.BrokerProvider;

  provides dev.missive.spi.MessagingFactory with
      dev.missive.core.RuntimeFactory;
}
