package dev.missive.core.guard;

import dev.missive.ReceivedMessage;
import dev.missive.core.FakeReceived;
import java.util.HashMap;
import java.util.Map;

/** Messages of which interceptors see only where they come from. */
final class Received {
  private Received() {}

  static ReceivedMessage of(String topic, String group, String id, int attempt) {
    Map<String, Object> parts = new HashMap<>(Map.of("topic", topic, "id", id, "attempt", attempt));
    parts.put("group", group); // null in a broadcast
    return FakeReceived.of(parts);
  }
}
