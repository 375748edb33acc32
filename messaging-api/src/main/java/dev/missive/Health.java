package dev.missive;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a connection and its consumers are, at one moment. Taking it never fails and does no I/O.
 *
 * @param connection the connection
 * @param consumers each consumer that was started and not stopped, or that somebody still keeps
 * @param warnings what this client knows of that needs attention although everything works; what
 *     only the broker knows, for instance messages that near the end of their retention, is in
 *     {@link Topology.Depth#warnings}
 * @since 0.1
 */
public record Health(Connection connection, List<Consumer> consumers, List<String> warnings) {
  /**
   * Copies the lists.
   *
   * @param connection the connection
   * @param consumers each consumer that was started and not stopped, or that somebody still keeps
   * @param warnings what this client knows of that needs attention although everything works
   */
  public Health {
    consumers = List.copyOf(consumers);
    warnings = List.copyOf(warnings);
  }

  /**
   * Whether everything works: connected, and no consumer stalled or failed.
   *
   * @return true if so; false as long as nothing has connected
   */
  public boolean up() {
    return connection.state() == ConnectionState.CONNECTED
        && consumers.stream()
            .noneMatch(
                c -> c.state() == ConsumerState.STALLED || c.state() == ConsumerState.FAILED);
  }

  /**
   * The connection.
   *
   * @param broker the adapter's name
   * @param version the broker's version; null before the first connection
   * @param state its state
   * @param reason why it is in that state, never a secret
   * @param since since when
   */
  public record Connection(
      String broker,
      @Nullable String version,
      ConnectionState state,
      String reason,
      Instant since) {}

  /**
   * One consumer.
   *
   * @param topics its topics
   * @param group its group; null for broadcasts
   * @param state its state
   * @param reason why it is in that state
   * @param since since when
   * @param stack of a handler that does not return, if that is the reason; else empty
   */
  public record Consumer(
      List<String> topics,
      @Nullable String group,
      ConsumerState state,
      String reason,
      Instant since,
      List<StackTraceElement> stack) {
    /**
     * Copies the lists.
     *
     * @param topics its topics
     * @param group its group; null for broadcasts
     * @param state its state
     * @param reason why it is in that state
     * @param since since when
     * @param stack of a handler that does not return, if that is the reason; else empty
     */
    public Consumer {
      topics = List.copyOf(topics);
      stack = List.copyOf(stack);
    }
  }
}
