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
import io.nats.client.api.ConsumerInfo;
import io.nats.client.api.MessageInfo;
import io.nats.client.api.StreamConfiguration;
import io.nats.client.api.StreamInfo;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
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
  private static final double NEARLY = 0.8;

  private final NatsConnection connection;
  private final NatsTopology topology;

  NatsAdmin(NatsConnection connection) {
    this.connection = connection;
    this.topology = new NatsTopology(connection.settings(), connection.names());
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
              verify(all);
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

  /** Also of what it has just made: old servers drop what is new to them. */
  private static void verify(List<Difference> differences) {
    List<Difference> wrong =
        differences.stream().filter(d -> d.kind() == Difference.Kind.DIFFERENT).toList();
    if (!wrong.isEmpty()) {
      throw mismatch(wrong);
    }
  }

  private List<StreamConfiguration> streams(Topology.Plan plan) {
    NatsEpoch over = connection.epoch("which streams it can have");
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
  void delete(NatsEpoch over, String stream, String consumer) {
    try {
      management(over).deleteConsumer(stream, consumer);
    } catch (IOException | JetStreamApiException e) {
      // The server removes it by itself after a while.
    }
  }

  // ---- measuring

  @Override
  public CompletionStage<Topology.Depth> depth(Destination of) {
    NatsNames names = connection.names();
    if (of instanceof Destination.DeadLetters letters) {
      String name = names.shared(letters.topic(), letters.group());
      return later(
          "for the depth of " + letters,
          js -> waitingBeside(name, js.getConsumerInfo(names.deadLetterStream(), name)));
    }
    Destination.Group group = (Destination.Group) of;
    return later("for the depth of " + group, js -> depth(js, group));
  }

  private Topology.Depth depth(JetStreamManagement js, Destination.Group of)
      throws IOException, JetStreamApiException {
    NatsNames names = connection.names();
    String shared = names.shared(of.topic(), of.group());
    ConsumerInfo main =
        js.getConsumerInfo(names.stream(of.topic()), names.consumer(of.topic(), of.group()));
    ConsumerInfo direct = js.getConsumerInfo(names.directStream(), shared);
    Topology.Depth retries = waitingBeside(shared, direct);
    long lag = main.getNumPending() + main.getNumAckPending();
    List<String> warnings = new ArrayList<>(retries.warnings());
    if (lag > 0) {
      age(js, of.topic(), main, warnings);
    }
    return new Topology.Depth(
        main.getNumPending() + retries.waiting(),
        main.getNumAckPending() + retries.inFlight(),
        lag,
        retries.at(),
        warnings);
  }

  /**
   * The server counts what was given back or is held as unsettled: it is in flight as far as this
   * client has it, and waits otherwise.
   */
  private Topology.Depth waitingBeside(String shared, ConsumerInfo info) {
    long held = 0;
    for (NatsLink link : connection.links()) {
      if (link instanceof NatsSubscription subscription) {
        held += subscription.holds(info.getStreamName(), shared);
      }
    }
    long unsettled = info.getNumAckPending();
    held = Math.min(held, unsettled);
    List<String> warnings = new ArrayList<>();
    long most = info.getConsumerConfiguration().getMaxAckPending();
    if (most > 0 && unsettled >= most * NEARLY) {
      warnings.add(
          unsettled
              + " messages wait for their time on stream "
              + info.getStreamName()
              + ", at "
              + most
              + " later ones come late");
    }
    return new Topology.Depth(
        info.getNumPending() + unsettled - held, held, null, connection.time().now(), warnings);
  }

  private void age(JetStreamManagement js, String topic, ConsumerInfo main, List<String> warnings)
      throws IOException, JetStreamApiException {
    StreamInfo stream = js.getStreamInfo(main.getStreamName());
    Duration most = stream.getConfiguration().getMaxAge();
    if (most == null || most.isZero()) {
      return;
    }
    MessageInfo oldest;
    try {
      oldest =
          js.getNextMessage(
              main.getStreamName(),
              main.getAckFloor().getStreamSequence() + 1,
              connection.names().subject(topic));
    } catch (JetStreamApiException e) {
      return;
    }
    if (oldest.getTime() == null) {
      return;
    }
    Instant stored = oldest.getTime().toInstant();
    Duration age = Duration.between(stored, connection.time().now());
    if (age.toMillis() >= most.toMillis() * NEARLY) {
      warnings.add(
          "the oldest message waiting on "
              + topic
              + " is "
              + age
              + " old; it is dropped at "
              + most);
    }
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
    NatsEpoch over = connection.epoch(what);
    try {
      return asking(what, management(over), question);
    } catch (IOException e) {
      throw NatsErrors.asking(what, e, over.violation());
    }
  }

  private <T> T asking(String what, JetStreamManagement js, Question<T> question) {
    try {
      return question.ask(js);
    } catch (IOException | JetStreamApiException | IllegalStateException e) {
      throw NatsErrors.asking(what, e, connection.epoch(what).violation());
    }
  }

  private static JetStreamManagement management(NatsEpoch over) throws IOException {
    return over.client.jetStreamManagement(
        JetStreamOptions.builder().requestTimeout(ANSWER).build());
  }
}
