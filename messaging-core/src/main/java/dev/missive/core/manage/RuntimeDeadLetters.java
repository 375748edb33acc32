package dev.missive.core.manage;

import dev.missive.DeadLetters;
import dev.missive.core.connect.Await;
import dev.missive.core.connect.Connection;
import dev.missive.core.consume.Copies;
import dev.missive.core.publish.Names;
import dev.missive.core.publish.Outbox;
import dev.missive.spi.Destination;
import dev.missive.spi.Time;

/** Dead letters, read and settled through a subscription of kind DEAD_LETTERS. Thread-safe. */
public final class RuntimeDeadLetters implements DeadLetters {
  private final Connection connection;
  private final Outbox outbox;
  private final Copies copies;
  private final Time time;

  /**
   * Makes one.
   *
   * @param connection the connection
   * @param outbox sends what is redriven
   * @param copies makes what is redriven
   * @param time the clock
   */
  public RuntimeDeadLetters(Connection connection, Outbox outbox, Copies copies, Time time) {
    this.connection = connection;
    this.outbox = outbox;
    this.copies = copies;
    this.time = time;
  }

  @Override
  public long count(String topic, String group) {
    var depth = depth(topic, group);
    return depth.waiting() + depth.inFlight();
  }

  @Override
  public Cursor open(String topic, String group) {
    long waiting = depth(topic, group).waiting();
    LetterCursor cursor = new LetterCursor(connection, outbox, copies, time, topic, group, waiting);
    cursor.open();
    return cursor;
  }

  private dev.missive.Topology.Depth depth(String topic, String group) {
    Names.group(group);
    connection.require();
    return Await.result(
        connection.broker().admin().depth(new Destination.DeadLetters(topic, group)),
        connection.settings().answering(),
        time,
        "counting dead letters");
  }
}
