package dev.missive.nats;

import dev.missive.MessagingException;
import dev.missive.Topology;
import dev.missive.Topology.Difference;
import dev.missive.spi.Admin;
import dev.missive.spi.Destination;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamManagement;
import io.nats.client.JetStreamOptions;
import io.nats.client.api.ConsumerConfiguration;
import io.nats.client.api.StreamConfiguration;
import io.nats.client.api.StreamInfo;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Declares, compares and measures. Thread-safe; asks on threads that may block.
 *
 * <p>An old server changes an existing consumer when it is created again, whatever the request says
 * (observed on 2.9.10), so everything is read and compared before anything is made.
 */
final class NatsAdmin implements Admin {
  private static final Duration ANSWER = Duration.ofSeconds(5);

  private final NatsConnection connection;
  private final NatsTopology topology;
  private final NatsDepth depth;

  NatsAdmin(NatsConnection connection) {
    this.connection = connection;
    this.topology = new NatsTopology(connection.settings(), connection.names());
    this.depth = new NatsDepth(connection);
  }

  /** Something asked of JetStream. */
  interface Question<T> {
    T ask(JetStreamManagement js) throws IOException, JetStreamApiException;
  }

  @Override
  public CompletionStage<List<Difference>> compare(Topology.Plan plan) {
    return later("to compare the topology", js -> differences(js, plan));
  }

  @Override
  public CompletionStage<Void> declare(Topology.Plan plan) {
    return later(
            "to declare the topology",
            js -> {
              List<Difference> all = differences(js, plan);
              verify(all.stream().filter(d -> d.kind() == Difference.Kind.DIFFERENT).toList());
              if (!all.isEmpty()) {
                make(js, plan, all);
              }
              return true;
            })
        .thenAccept(done -> {});
  }

  private void make(JetStreamManagement js, Topology.Plan plan, List<Difference> missing)
      throws IOException, JetStreamApiException {
    List<String> objects = missing.stream().map(Difference::object).toList();
    Set<String> fresh = new HashSet<>();
    for (StreamConfiguration wanted : streams(plan)) {
      int at = objects.indexOf(NatsTopology.describe(wanted));
      if (at >= 0) {
        boolean whole = missing.get(at).field().isEmpty();
        StreamInfo made =
            asking(
                objects.get(at),
                js,
                it -> whole ? it.addStream(wanted) : allowAtomic(it, wanted.getName()));
        verify(topology.compare(wanted, made.getConfiguration()));
        if (whole) {
          fresh.add(wanted.getName());
        }
      }
    }
    for (NatsTopology.Group wanted : topology.groups(plan)) {
      if (objects.contains(wanted.describe())) {
        // What a stream got since it was made a moment ago came after this call.
        ConsumerConfiguration config =
            fresh.contains(wanted.stream())
                ? NatsTopology.fromTheBeginning(wanted.config())
                : wanted.config();
        ConsumerConfiguration made =
            asking(wanted.describe(), js, it -> create(it, wanted, config));
        verify(topology.compare(wanted, made));
      }
    }
  }

  /** Gives a stream what the server that made it could not. */
  private static StreamInfo allowAtomic(JetStreamManagement js, String name)
      throws IOException, JetStreamApiException {
    StreamConfiguration live = js.getStreamInfo(name).getConfiguration();
    return js.updateStream(StreamConfiguration.builder(live).allowAtomicPublish().build());
  }

  /** Makes a group, unless somebody else did so meanwhile: its start may differ, and that stays. */
  private static ConsumerConfiguration create(
      JetStreamManagement js, NatsTopology.Group wanted, ConsumerConfiguration config)
      throws IOException, JetStreamApiException {
    try {
      return js.createConsumer(wanted.stream(), config).getConsumerConfiguration();
    } catch (JetStreamApiException e) {
      ConsumerConfiguration live = consumer(js, wanted.stream(), wanted.name());
      if (live == null) {
        throw e;
      }
      return live;
    }
  }

  /**
   * Also of what it has just made, where nothing may be missing either: a server drops what is new
   * to it, and of a cluster not every one is as new as ours.
   */
  private static void verify(List<Difference> differences) {
    if (!differences.isEmpty()) {
      throw mismatch(differences);
    }
  }

  private List<StreamConfiguration> streams(Topology.Plan plan) {
    NatsLink over = connection.link("which streams it can have");
    return topology.streams(plan, NatsTraits.atomic(over.client.getServerInfo()));
  }

  private List<Difference> differences(JetStreamManagement js, Topology.Plan plan)
      throws IOException, JetStreamApiException {
    List<Difference> found = new ArrayList<>();
    for (StreamConfiguration wanted : streams(plan)) {
      StreamConfiguration live = stream(js, wanted.getName());
      if (live == null) {
        found.add(missing(NatsTopology.describe(wanted)));
      } else {
        found.addAll(topology.compare(wanted, live));
      }
    }
    for (NatsTopology.Group wanted : topology.groups(plan)) {
      ConsumerConfiguration live = consumer(js, wanted.stream(), wanted.name());
      if (live == null) {
        found.add(missing(wanted.describe()));
      } else {
        found.addAll(topology.compare(wanted, live));
      }
    }
    return found;
  }

  private static Difference missing(String object) {
    return new Difference(object, "", "present", null, Difference.Kind.MISSING);
  }

  private static @Nullable StreamConfiguration stream(JetStreamManagement js, String name)
      throws IOException, JetStreamApiException {
    try {
      return js.getStreamInfo(name).getConfiguration();
    } catch (JetStreamApiException e) {
      if (e.getApiErrorCode() == NatsErrors.STREAM_NOT_FOUND) {
        return null;
      }
      throw e;
    }
  }

  /** What a consumer is; null if there is none. */
  static @Nullable ConsumerConfiguration consumer(
      JetStreamManagement js, String stream, String name)
      throws IOException, JetStreamApiException {
    try {
      return js.getConsumerInfo(stream, name).getConsumerConfiguration();
    } catch (JetStreamApiException e) {
      if (e.getApiErrorCode() == NatsErrors.CONSUMER_NOT_FOUND
          || e.getApiErrorCode() == NatsErrors.STREAM_NOT_FOUND) {
        return null;
      }
      throw e;
    }
  }

  private static MessagingException mismatch(List<Difference> differences) {
    return NatsErrors.mismatch(
        differences.stream()
            .map(d -> d.object() + " " + d.field() + ": want " + d.want() + ", have " + d.have())
            .collect(Collectors.joining("; ")));
  }

  // ---- for subscriptions; on a thread that may block

  /** The consumer of a broadcast that gets what is stored from a sequence on. */
  ConsumerConfiguration broadcast(String topic, long from) {
    return topology.ephemeral(topic, from);
  }

  /** Removes a consumer if it is there. */
  void delete(NatsLink over, String stream, String consumer) {
    try {
      management(over).deleteConsumer(stream, consumer);
    } catch (IOException | JetStreamApiException | IllegalStateException e) {
      // The server removes it by itself after a while.
    }
  }

  // ---- measuring

  @Override
  public CompletionStage<Topology.Depth> depth(Destination of) {
    return later("for the depth of " + of, js -> depth.of(js, of));
  }

  // ---- asking

  private <T> CompletionStage<T> later(String what, Question<T> question) {
    CompletableFuture<T> done = new CompletableFuture<>();
    connection.block(
        () -> {
          try {
            done.complete(now(what, question));
          } catch (RuntimeException e) {
            done.completeExceptionally(e);
          }
        });
    return done;
  }

  /**
   * Asks and waits.
   *
   * @param what is asked about, for messages to people
   */
  <T> T now(String what, Question<T> question) {
    long since = System.nanoTime();
    NatsLink over = connection.link(what);
    try {
      return asking(what, management(over), question);
    } catch (IOException e) {
      throw NatsErrors.asking(what, e, over.violation(since));
    }
  }

  private <T> T asking(String what, JetStreamManagement js, Question<T> question) {
    long since = System.nanoTime();
    try {
      return question.ask(js);
    } catch (IOException | JetStreamApiException | IllegalStateException e) {
      throw NatsErrors.asking(what, e, connection.link(what).violation(since));
    }
  }

  private static JetStreamManagement management(NatsLink over) throws IOException {
    return over.client.jetStreamManagement(
        JetStreamOptions.builder().requestTimeout(ANSWER).build());
  }
}
