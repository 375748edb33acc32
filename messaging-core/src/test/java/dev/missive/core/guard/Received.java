package dev.missive.core.guard;

import dev.missive.ReceivedMessage;
import java.lang.reflect.Proxy;

/** Messages of which interceptors see only where they come from. */
final class Received {
  private Received() {}

  static ReceivedMessage of(String topic, String group, String id, int attempt) {
    return (ReceivedMessage)
        Proxy.newProxyInstance(
            Received.class.getClassLoader(),
            new Class<?>[] {ReceivedMessage.class},
            (proxy, method, arguments) ->
                switch (method.getName()) {
                  case "topic" -> topic;
                  case "group" -> group;
                  case "id" -> id;
                  case "attempt" -> attempt;
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }
}
