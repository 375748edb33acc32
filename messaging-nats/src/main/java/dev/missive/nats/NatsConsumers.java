package dev.missive.nats;

import dev.missive.Position;
import dev.missive.spi.Subscription;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamManagement;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The consumers that a subscription pulls from while one connection lasts. Those of a group are
 * looked for. That of a broadcast is made here, and once more if the server has removed it
 * meanwhile: behind the last message that came, so that nothing is left out. Thread-safe.
 */
final class NatsConsumers {
  private final NatsAdmin admin;
  private final Subscription.Spec spec;
  private final List<NatsSource> sources;
  private final boolean broadcast;
  private final AtomicLong seen = new AtomicLong();
  private volatile List<String> names = List.of();
  private volatile boolean sure;

  NatsConsumers(NatsAdmin admin, Subscription.Spec spec, List<NatsSource> sources) {
    this.admin = admin;
    this.spec = spec;
    this.sources = sources;
    this.broadcast = spec.kind() == Subscription.Kind.BROADCAST;
  }

  /** A message has come. */
  void saw(NatsDelivery delivery) {
    Position at = broadcast ? delivery.position() : null;
    if (at != null) {
      seen.accumulateAndGet(at.offset(), Math::max);
    }
  }

  /** They may be gone: whoever wants to pull looks again. */
  void doubt() {
    sure = false;
  }

  /** The names of those that are the client's own to remove. */
  List<String> own() {
    return broadcast ? names : List.of();
  }

  /**
   * The names to pull from, in the order of the sources. Blocks.
   *
   * @throws dev.missive.MessagingException TOPIC_MISSING if a group or the topic is not there
   */
  synchronized List<String> find() {
    if (!sure) {
      List<String> found = new ArrayList<>();
      for (NatsSource source : sources) {
        String name = source.consumer();
        found.add(
            name == null
                ? admin.now("stream " + source.stream(), js -> mine(js, source.stream()))
                : admin.now(
                    source.describe(), js -> js.getConsumerInfo(source.stream(), name).getName()));
      }
      names = List.copyOf(found);
      sure = true;
    }
    return names;
  }

  private String mine(JetStreamManagement js, String stream)
      throws IOException, JetStreamApiException {
    boolean first = names.isEmpty();
    if (!first && there(js, stream, names.get(0))) {
      return names.get(0);
    }
    long last = js.getStreamInfo(stream).getStreamState().getLastSequence();
    if (first) {
      seen.set(last);
    } else if (last < seen.get()) {
      // Somebody has made the stream anew.
      seen.set(0);
    }
    return js.addOrUpdateConsumer(stream, admin.broadcast(spec.topic(), seen.get() + 1)).getName();
  }

  /** Whether it can be had; if it went with its server in a cluster, nobody says so. */
  private static boolean there(JetStreamManagement js, String stream, String name) {
    try {
      return NatsAdmin.consumer(js, stream, name) != null;
    } catch (IOException | JetStreamApiException e) {
      return false;
    }
  }
}
