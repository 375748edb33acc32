package dev.missive.nats;

import dev.missive.Message;
import dev.missive.nats.NatsInFlight.Kind;
import dev.missive.spi.Destination;
import dev.missive.spi.Sender;
import dev.missive.spi.Time;
import io.nats.client.impl.Headers;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** Publishes over one link. Thread-safe. */
final class NatsSender implements Sender {
  private final NatsLink link;
  private final NatsRetention retention;
  private final NatsSettings settings;
  private final NatsNames names;
  private final Time time;
  private final Executor results;

  /**
   * Makes one.
   *
   * @param link what it sends over
   * @param retention bounds delays
   * @param results runs results that are known at once
   */
  NatsSender(
      NatsLink link,
      NatsRetention retention,
      NatsSettings settings,
      NatsNames names,
      Time time,
      Executor results) {
    this.link = link;
    this.retention = retention;
    this.settings = settings;
    this.names = names;
    this.time = time;
    this.results = results;
  }

  @Override
  public void send(Destination to, Message message, @Nullable Instant notBefore, Result result) {
    // What waits for a group lies in a stream without a limit of age.
    if (notBefore == null || !(to instanceof Destination.Topic)) {
      hand(to, message, notBefore, result);
      return;
    }
    retention.whenKnown(
        message.topic(),
        kept -> {
          if (tooLong(notBefore, kept)) {
            results.execute(() -> result.failed(NatsErrors.delayTooLong(message.topic(), kept)));
          } else {
            hand(to, message, notBefore, result);
          }
        },
        result::failed);
  }

  private boolean tooLong(Instant notBefore, Duration kept) {
    return !kept.isZero()
        && Duration.between(time.now(), notBefore).compareTo(kept.dividedBy(2)) > 0;
  }

  private void hand(Destination to, Message message, @Nullable Instant notBefore, Result result) {
    boolean topic = to instanceof Destination.Topic;
    Kind kind = topic ? Kind.TOPIC : to instanceof Destination.Reply ? Kind.REPLY : Kind.COPY;
    // Only at its topic: the id of a copy would swallow the copies of other groups, and the next
    // retry of this one.
    Headers headers = NatsMessages.headers(message, to, notBefore, topic && settings.dedup);
    link.send(subject(to), kind, headers, NatsMessages.payload(message), time.nanos(), result);
  }

  private String subject(Destination to) {
    if (to instanceof Destination.Topic topic) {
      return names.subject(topic.topic());
    } else if (to instanceof Destination.Group group) {
      return names.direct(group.topic(), group.group());
    } else if (to instanceof Destination.DeadLetters letters) {
      return names.deadLetters(letters.topic(), letters.group());
    }
    return ((Destination.Reply) to).address();
  }
}
