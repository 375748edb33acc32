package dev.missive.core;

import dev.missive.ReceivedMessage;
import java.lang.reflect.Proxy;
import java.util.Map;

/** Messages of which their readers see a few parts only. */
public final class FakeReceived {
  private FakeReceived() {}

  /**
   * A message that has these parts and fails for all others.
   *
   * @param parts by the names of their methods
   * @return the message
   */
  public static ReceivedMessage of(Map<String, ?> parts) {
    return (ReceivedMessage)
        Proxy.newProxyInstance(
            FakeReceived.class.getClassLoader(),
            new Class<?>[] {ReceivedMessage.class},
            (proxy, method, arguments) -> {
              if (!parts.containsKey(method.getName())) {
                throw new UnsupportedOperationException(method.getName());
              }
              return parts.get(method.getName());
            });
  }
}
