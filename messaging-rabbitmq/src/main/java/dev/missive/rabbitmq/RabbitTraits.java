package dev.missive.rabbitmq;

import static dev.missive.Capability.Support.EMULATED;
import static dev.missive.Capability.Support.NATIVE;

import dev.missive.Capability;
import dev.missive.Capability.Support;
import dev.missive.spi.Broker.Traits;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a broker of some version can do, with the kind of queue that was chosen. Holds no state. */
final class RabbitTraits {
  /** Up to a second of rounding, and the way through the queues (ADR 0010). */
  private static final Duration PRECISION = Duration.ofMillis(1500);

  private static final Duration REDELIVERY = Duration.ofSeconds(30);
  private static final Pattern NUMBERS = Pattern.compile("(\\d+)\\.(\\d+).*");

  private RabbitTraits() {}

  static Traits of(String version, RabbitSettings settings) {
    Map<Capability, Support> can = new EnumMap<>(Capability.class);
    can.put(Capability.KEY_ORDER, NATIVE);
    can.put(Capability.ORDERED_RETRY, EMULATED);
    can.put(Capability.DELAY, EMULATED);
    can.put(Capability.TTL, EMULATED);
    can.put(Capability.WILDCARD, NATIVE);
    can.put(Capability.BROADCAST, NATIVE);
    can.put(Capability.REQUEST, NATIVE);
    boolean strict =
        settings.queueType == QueueType.PRIORITY
            || settings.queueType == QueueType.QUORUM && atLeast(version, 4, 3);
    if (strict) {
      can.put(Capability.PRIORITY, NATIVE);
    }
    return new Traits(
        version,
        can,
        settings.maxBytes,
        settings.waitInProcess,
        PRECISION,
        settings.consumerTimeout,
        REDELIVERY);
  }

  /** Why something is missing that other queues or a newer broker could do. */
  static Optional<String> why(Capability missing) {
    return missing == Capability.PRIORITY
        ? Optional.of(
            "quorum queues keep priorities apart from RabbitMQ 4.3 on, and with rabbitmq.queue-type priority every version does")
        : Optional.empty();
  }

  private static boolean atLeast(String version, int major, int minor) {
    Matcher found = NUMBERS.matcher(version);
    if (!found.matches()) {
      return false;
    }
    int foundMajor = Integer.parseInt(found.group(1));
    int foundMinor = Integer.parseInt(found.group(2));
    return foundMajor > major || foundMajor == major && foundMinor >= minor;
  }
}
