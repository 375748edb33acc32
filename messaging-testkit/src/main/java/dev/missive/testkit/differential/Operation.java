package dev.missive.testkit.differential;

import dev.missive.Message;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;

/** What a script does. */
enum Operation {
  /** A message is published. */
  PUBLISH,
  /** A message is published for a little later. */
  PUBLISH_DELAYED,
  /** A message is published that expires long after the script. */
  PUBLISH_LASTING,
  /** A message is published that has expired already: nobody may handle it. */
  PUBLISH_EXPIRED,
  /** The consumer stops; what it holds goes back. */
  STOP,
  /** The consumer starts again. */
  START,
  /** The consumer stops and starts at once. */
  RESTART,
  /** The consumer takes nothing for a while. */
  PAUSE,
  /** The consumer goes on. */
  RESUME,
  /** When nothing is left to do, all dead letters go back to their group. */
  REDRIVE,
  /** All connections are cut: a fault. */
  CUT;

  private static final Duration DELAY = Duration.ofMillis(30);
  private static final Duration LASTING = Duration.ofHours(1);

  boolean publishes() {
    return compareTo(PUBLISH_EXPIRED) <= 0;
  }

  /** Gives a message what this operation is about. */
  Message.Builder prepare(Message.Builder message) {
    return switch (this) {
      case PUBLISH_DELAYED -> message.delay(DELAY);
      case PUBLISH_LASTING -> message.timeToLive(LASTING);
      case PUBLISH_EXPIRED ->
          message.timestamp(Instant.now().minus(LASTING)).timeToLive(LASTING.dividedBy(2));
      default -> message;
    };
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
