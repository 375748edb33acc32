package dev.missive.rabbitmq;

import java.util.stream.Stream;

/** The versions of RabbitMQ that a run is about. */
final class Versions {
  private Versions() {}

  /** Whether it is the oldest: of both, unless the run leaves out what is {@code secondary}. */
  static Stream<Boolean> oldest() {
    boolean newestAlone = System.getProperty("missive.tests.excluded", "").contains("secondary");
    return newestAlone ? Stream.of(false) : Stream.of(false, true);
  }
}
