package dev.missive.nats;

import dev.missive.Capability;
import dev.missive.Capability.Support;
import dev.missive.spi.Broker.Traits;
import io.nats.client.Connection;
import io.nats.client.Message;
import io.nats.client.api.ServerInfo;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/** What a server can do, by its own account. */
final class NatsTraits {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final String ATOMIC_SINCE = "2.12.1";

  private NatsTraits() {}

  /**
   * Asks for JetStream, which is everything here.
   *
   * @throws dev.missive.MessagingException if it is not enabled, or not for this account
   */
  static void checkJetStream(Connection client, NatsSettings settings) {
    String version = client.getServerInfo().getVersion();
    Message answer;
    try {
      answer = client.request("$JS.API.INFO", null, settings.connectTimeout);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw NatsErrors.closed();
    }
    if (answer == null || answer.isStatusMessage()) {
      throw client.getServerInfo().isJetStreamAvailable()
          ? NatsErrors.unreachable("a question to JetStream")
          : NatsErrors.notEnabled(version);
    }
    int code = NatsAnswers.errorCode(answer.getData());
    if (NatsErrors.notEnabled(code)) {
      throw NatsErrors.notEnabled(version);
    } else if (code != 0) {
      throw NatsErrors.unreachable("a question to JetStream, error " + code);
    }
  }

  static Traits of(ServerInfo server, NatsSettings settings) {
    Map<Capability, Support> can = new EnumMap<>(Capability.class);
    can.put(Capability.ORDERED_RETRY, Support.EMULATED);
    can.put(Capability.DELAY, Support.EMULATED);
    can.put(Capability.TTL, Support.EMULATED);
    can.put(Capability.START_POSITION, Support.NATIVE);
    can.put(Capability.BROADCAST, Support.NATIVE);
    can.put(Capability.REQUEST, Support.NATIVE);
    if (settings.dedup) {
      can.put(Capability.DEDUP, Support.NATIVE);
    }
    if (atomic(server)) {
      can.put(Capability.ATOMIC_BATCH, Support.NATIVE);
    }
    return new Traits(
        server.getVersion(),
        can,
        server.getMaxPayload(),
        SECOND,
        SECOND,
        Duration.ZERO,
        settings.ackWait);
  }

  /** Why something is missing that a server can do, or a newer one could. */
  static Optional<String> why(Capability missing) {
    return switch (missing) {
      case KEY_ORDER, WILDCARD -> Optional.of("the adapter for NATS does not support it yet");
      case ATOMIC_BATCH -> Optional.of("servers have it since " + ATOMIC_SINCE);
      case DEDUP -> Optional.of("nats.dedup is false");
      default -> Optional.empty();
    };
  }

  /** Whether streams can be made that take atomic batches. */
  static boolean atomic(ServerInfo server) {
    return server.isSameOrNewerThanVersion(ATOMIC_SINCE);
  }
}
