package dev.missive.kafka;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.spi.DeliveryListener;
import dev.missive.spi.Subscription;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * One subscription, as the runtime sees it. What it asks for is done by the {@link PollLoop}.
 * Thread-safe.
 */
final class KafkaSubscription implements Subscription {
  final Spec spec;
  final DeliveryListener listener;

  /** The {@code group.id}; null where there is no group. */
  final @Nullable String group;

  final List<String> topics;
  final CompletableFuture<Void> ready = new CompletableFuture<>();
  final CompletableFuture<Void> stopped = new CompletableFuture<>();
  final CompletableFuture<Void> ended = new CompletableFuture<>();

  /** Delivered and not settled, of all epochs that last. */
  final AtomicInteger unsettled = new AtomicInteger();

  final AtomicInteger acknowledged = new AtomicInteger();
  volatile boolean paused;
  volatile boolean stopping;
  volatile boolean closing;

  /** Which topics it reads; one of the same name with another id is another topic. */
  volatile Map<String, Uuid> topicIds = Map.of();

  /** What it read was deleted: a commit would be taken for one of the topic that follows. */
  private volatile @Nullable MessagingException gone;

  private volatile @Nullable PollLoop loop;

  KafkaSubscription(Spec spec, DeliveryListener listener, Set<KafkaNames.Tier> tiers) {
    this.spec = spec;
    this.listener = listener;
    switch (spec.kind()) {
      case GROUP -> {
        String name = groupName(spec);
        group = KafkaNames.group(spec.topic(), name);
        List<String> all = new ArrayList<>(KafkaNames.tiers(spec.topic(), name, tiers));
        all.add(0, spec.topic());
        topics = List.copyOf(all);
      }
      case DEAD_LETTERS -> {
        group = KafkaNames.deadLetters(spec.topic(), groupName(spec));
        topics = List.of(group);
      }
      case REPLIES -> {
        group = null;
        topics = List.of(KafkaNames.replies(spec.topic()));
      }
      default -> {
        group = null;
        topics = List.of(spec.topic());
      }
    }
  }

  private static String groupName(Spec spec) {
    if (spec.group() == null) {
      throw new MessagingException(
          ErrorCode.INTERNAL, "a subscription of kind " + spec.kind() + " needs a group");
    }
    return spec.group();
  }

  /** What it read was deleted; it ends, and the runtime hears of it when nothing is left to end. */
  void lost(MessagingException why) {
    gone = why;
    wake();
  }

  @Nullable MessagingException gone() {
    return gone;
  }

  /** Whether it still reads. */
  boolean goesOn() {
    return !closing && gone == null;
  }

  void runBy(PollLoop poller) {
    loop = poller;
  }

  /** How many more may be delivered. */
  int room() {
    return spec.maxInFlight() - unsettled.get();
  }

  /** Whether a part of the window is free that is worth going on for. */
  boolean hasRoom() {
    return !paused && !stopping && room() >= Math.max(1, spec.maxInFlight() / 4);
  }

  /** One was settled; the poll thread hears of it when that lets it go on. */
  void settled(boolean done) {
    unsettled.decrementAndGet();
    if (done) {
      acknowledged.incrementAndGet();
    }
    // A part of the window at once, so that the poll thread is not woken for each message.
    PollLoop poller = loop;
    if (poller != null && hasRoom()) {
      poller.roomMade();
    }
  }

  @Override
  public CompletionStage<Void> ready() {
    return ready;
  }

  @Override
  public String address() {
    return topics.get(0);
  }

  @Override
  public void pause() {
    paused = true;
  }

  @Override
  public void resume() {
    paused = false;
    wake();
  }

  @Override
  public CompletionStage<Void> stop() {
    stopping = true;
    wake();
    return stopped;
  }

  @Override
  public CompletionStage<Void> close() {
    stopping = true;
    closing = true;
    wake();
    return ended;
  }

  private void wake() {
    PollLoop poller = loop;
    if (poller != null) {
      poller.wake();
    }
  }
}
