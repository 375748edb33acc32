package dev.missive.testkit;

import dev.missive.Handler;
import dev.missive.Position;
import dev.missive.ReceivedMessage;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A handler that records what it gets, before it passes it on to another one. Thread-safe.
 *
 * <p>What is recorded are copies: a message itself is valid only until it is settled.
 *
 * @since 0.1
 */
public final class Recorder implements Handler {
  /**
   * One run.
   *
   * @param id the message's id
   * @param topic its topic
   * @param group the group
   * @param key its key as UTF-8 text; null if it has none
   * @param payload its payload; null for a tombstone
   * @param headers its headers
   * @param type its type
   * @param contentType its content type
   * @param correlationId its correlation id
   * @param attempt which run it was
   * @param position where it lies; null where the broker has no positions
   */
  public record Run(
      String id,
      String topic,
      @Nullable String group,
      @Nullable String key,
      byte @Nullable [] payload,
      Map<String, String> headers,
      @Nullable String type,
      @Nullable String contentType,
      @Nullable String correlationId,
      int attempt,
      @Nullable Position position) {

    /**
     * The payload as UTF-8 text.
     *
     * @return empty for a tombstone
     */
    public String text() {
      return payload == null ? "" : new String(payload, StandardCharsets.UTF_8);
    }
  }

  private final List<Run> runs = new CopyOnWriteArrayList<>();
  private final Handler next;

  /** Records and succeeds. */
  public Recorder() {
    this(message -> {});
  }

  /**
   * Records and passes on.
   *
   * @param next the real handler, or one that fails
   */
  public Recorder(Handler next) {
    this.next = next;
  }

  @Override
  public void handle(ReceivedMessage message) throws Exception {
    byte[] key = message.key();
    runs.add(
        new Run(
            message.id(),
            message.topic(),
            message.group(),
            key == null ? null : new String(key, StandardCharsets.UTF_8),
            message.payload(),
            Map.copyOf(message.headers()),
            message.type(),
            message.contentType(),
            message.correlationId(),
            message.attempt(),
            message.position()));
    next.handle(message);
  }

  /**
   * All runs so far.
   *
   * @return in the order they began, unmodifiable
   */
  public List<Run> runs() {
    return List.copyOf(runs);
  }

  /**
   * The ids of all runs so far.
   *
   * @return in the order they began
   */
  public List<String> ids() {
    return runs.stream().map(Run::id).toList();
  }

  /**
   * The payloads of all runs so far, as text.
   *
   * @return in the order they began
   */
  public List<String> texts() {
    return runs.stream().map(Run::text).toList();
  }

  /**
   * Waits for runs.
   *
   * @param count how many at least
   * @return all runs so far
   * @throws AssertionError if they do not come
   */
  public List<Run> await(int count) {
    Eventually.await(count + " runs, there were " + runs.size(), () -> runs.size() >= count);
    return runs();
  }

  /**
   * Waits for one run.
   *
   * @param which the one
   * @return it
   * @throws AssertionError if it does not come
   */
  public Run await(Predicate<Run> which) {
    Eventually.await("a certain run among " + ids(), () -> runs.stream().anyMatch(which));
    return runs.stream().filter(which).findFirst().orElseThrow();
  }
}
