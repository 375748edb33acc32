package dev.missive.testkit.memory;

import dev.missive.Position;
import dev.missive.Topology;
import dev.missive.spi.Admin;
import dev.missive.spi.Destination;
import dev.missive.spi.Seeker;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** Topology of the in-memory broker; every call is a command like any other. Thread-safe. */
final class MemoryAdmin implements Admin, Seeker {
  private final MemoryConnection connection;

  MemoryAdmin(MemoryConnection connection) {
    this.connection = connection;
  }

  @Override
  public CompletionStage<List<Topology.Difference>> compare(Topology.Plan plan) {
    return connection.ask(() -> connection.server().topology.compare(plan));
  }

  @Override
  public CompletionStage<Void> declare(Topology.Plan plan) {
    return connection.tell(() -> connection.server().topology.declare(plan, connection.settings()));
  }

  @Override
  public CompletionStage<Topology.Depth> depth(Destination of) {
    return connection.ask(() -> connection.server().topology.depth(of));
  }

  @Override
  public CompletionStage<Void> seek(String topic, String group, Position position) {
    return connection.tell(
        () ->
            connection
                .server()
                .topology
                .seek(topic, group, position.partition() == 0 ? position.offset() : -1));
  }
}
