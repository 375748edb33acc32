/**
 * Interfaces of Missive for applications ({@code dev.missive}) and for adapter authors ({@code
 * dev.missive.spi}).
 */
module dev.missive {
  requires static org.jspecify;

  exports dev.missive;
  exports dev.missive.spi;

  uses dev.missive.spi.MessagingFactory;
}
