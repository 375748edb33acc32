package dev.missive.kafka;

import dev.missive.Capability;
import dev.missive.Capability.Support;
import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.spi.Broker.Traits;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.FinalizedVersionRange;

/** What a cluster can do, by the features it says it has. Holds no state. */
final class KafkaTraits {
  private static final Duration PRECISION = Duration.ofSeconds(15);

  /** From which level on a coordinator that was lost cannot confuse transactions (KIP-890). */
  private static final int SAFE_TRANSACTIONS = 2;

  private KafkaTraits() {}

  /**
   * Asks for what the settings need.
   *
   * @throws MessagingException CONFIG_INVALID if the cluster does not have it
   */
  static void check(Map<String, FinalizedVersionRange> features, KafkaSettings settings) {
    if (settings.protocol().equals("consumer") && level(features, "group.version") < 1) {
      throw new MessagingException(
          ErrorCode.CONFIG_INVALID,
          "kafka.group-protocol is consumer, but the cluster does not have it (group.version is "
              + level(features, "group.version")
              + ", 1 is needed: brokers from 4.0)");
    }
  }

  /**
   * What it can do.
   *
   * @param largestMessage in bytes
   */
  static Traits of(
      Map<String, FinalizedVersionRange> features, KafkaSettings settings, long largestMessage) {
    Map<Capability, Support> can = new EnumMap<>(Capability.class);
    can.put(Capability.KEY_ORDER, Support.NATIVE);
    can.put(Capability.ORDERED_RETRY, Support.EMULATED);
    can.put(Capability.DELAY, Support.EMULATED);
    can.put(Capability.TTL, Support.EMULATED);
    can.put(Capability.START_POSITION, Support.NATIVE);
    can.put(Capability.SEEK, Support.NATIVE);
    can.put(Capability.BROADCAST, Support.NATIVE);
    can.put(Capability.REQUEST, Support.EMULATED);
    if (level(features, "transaction.version") >= SAFE_TRANSACTIONS) {
      can.put(Capability.ATOMIC_BATCH, Support.NATIVE);
    }
    return new Traits(
        "with metadata.version " + level(features, "metadata.version"),
        can,
        largestMessage,
        settings.waitInProcess(),
        PRECISION,
        Duration.ZERO,
        settings.sessionTimeout());
  }

  /** Why something is missing that a cluster can do, or a newer one could. */
  static Optional<String> why(Capability missing) {
    return switch (missing) {
      case WILDCARD -> Optional.of("the adapter for Kafka does not support it yet");
      case ATOMIC_BATCH ->
          Optional.of(
              "clusters have it with transaction.version "
                  + SAFE_TRANSACTIONS
                  + ", which brokers from 4.0 can finalize (kafka-features.sh upgrade)");
      default -> Optional.empty();
    };
  }

  private static int level(Map<String, FinalizedVersionRange> features, String name) {
    FinalizedVersionRange range = features.get(name);
    return range == null ? 0 : range.maxVersionLevel();
  }
}
