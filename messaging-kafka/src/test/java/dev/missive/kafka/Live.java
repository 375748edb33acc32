package dev.missive.kafka;

import dev.missive.Messaging;
import dev.missive.testkit.launcher.LiveBroker;

/** Opens connections to a real broker. */
final class Live {
  private static final java.util.concurrent.atomic.AtomicInteger NEXT =
      new java.util.concurrent.atomic.AtomicInteger();

  private Live() {}

  /** A topic of its own. */
  static String topic() {
    return "t" + Long.toString(System.nanoTime(), Character.MAX_RADIX) + NEXT.incrementAndGet();
  }

  static Messaging open(LiveBroker broker, String protocol, String... settings) {
    return open(broker.url(), protocol, settings);
  }

  static Messaging open(String url, String protocol, String... settings) {
    Messaging.Builder builder =
        Messaging.builder()
            .setting("broker", "kafka")
            .setting("kafka.brokers", url)
            .setting("kafka.group-protocol", protocol);
    for (int i = 0; i < settings.length; i += 2) {
      builder.setting(settings[i], settings[i + 1]);
    }
    return builder.open();
  }
}
