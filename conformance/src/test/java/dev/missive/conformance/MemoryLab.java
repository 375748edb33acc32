package dev.missive.conformance;

import dev.missive.Message;
import dev.missive.Topology;
import dev.missive.testkit.MemoryBroker;
import dev.missive.testkit.VirtualTime;
import java.util.ArrayList;
import java.util.List;

/** An in-memory broker of its own for one test, its clients and their time. */
final class MemoryLab implements AutoCloseable {
  static final String TOPIC = "memory.orders";
  static final String GROUP = "billing";
  static final Topology.Plan PLAN = Topology.Plan.empty().group(TOPIC, GROUP);

  private final String name = "memory-" + System.nanoTime();
  final MemoryBroker memory = MemoryBroker.named(name);
  final VirtualTime time = new VirtualTime();
  private final List<MemoryClient> clients = new ArrayList<>();

  /** Opens one more client, with settings as key and value in turn. */
  MemoryClient open(String... settings) {
    MemoryClient made = MemoryClient.open(name, "client-" + clients.size(), time, settings);
    clients.add(made);
    return made;
  }

  /** A message of the topic with so many bytes of payload, and no key. */
  static Message sized(String id, int bytes) {
    return Message.builder(TOPIC).id(id).payload(new byte[bytes]).build();
  }

  @Override
  public void close() {
    clients.forEach(MemoryClient::close);
    memory.close();
  }
}
