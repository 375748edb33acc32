package dev.missive.nats;

import dev.missive.Topology;
import dev.missive.spi.Destination;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamManagement;
import io.nats.client.api.ConsumerInfo;
import io.nats.client.api.MessageInfo;
import io.nats.client.api.StreamInfo;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** How much waits for a group, and what will soon come late or not at all. Thread-safe. */
final class NatsDepth {
  /** From this share of a limit on there is a warning. */
  private static final double NEARLY = 0.8;

  private final NatsConnection connection;

  NatsDepth(NatsConnection connection) {
    this.connection = connection;
  }

  /** Asks and waits. */
  Topology.Depth of(JetStreamManagement js, Destination of)
      throws IOException, JetStreamApiException {
    if (of instanceof Destination.DeadLetters letters) {
      NatsNames names = connection.names();
      String name = names.shared(letters.topic(), letters.group());
      return waitingBeside(name, js.getConsumerInfo(names.deadLetterStream(), name));
    }
    return group(js, (Destination.Group) of);
  }

  private Topology.Depth group(JetStreamManagement js, Destination.Group of)
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
    for (NatsFollower follower : connection.followers()) {
      if (follower instanceof NatsSubscription subscription) {
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
}
