package dev.missive.nats;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.missive.Messaging;
import io.nats.client.impl.SocketDataPort;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Changes what a client writes on its way to the server, as servers and networks would. What is to
 * be changed stands in one message, which jnats never splits.
 */
final class NatsTampering implements AutoCloseable {
  private static final Map<String, NatsTampering> ALL = new ConcurrentHashMap<>();

  private final String text;
  private final byte[] other;
  private final AtomicInteger left;

  /**
   * Begins.
   *
   * @param text what is looked for; ASCII
   * @param other what is sent in its place; as long
   * @param times how often at most
   */
  NatsTampering(String text, String other, int times) {
    if (text.length() != other.length()) {
      throw new IllegalArgumentException("the server was told how long it is");
    }
    this.text = text;
    this.other = other.getBytes(ISO_8859_1);
    this.left = new AtomicInteger(times);
    ALL.put(text, this);
  }

  /** The adapter over connections that can be tampered with. */
  static Messaging.Builder over(Messaging.Builder builder) {
    return builder.providers(
        new NatsBrokerProvider(
            NatsNames.DEFAULT, options -> options.dataPortType(Port.class.getName())));
  }

  /** Whether it was done as often as it should be. */
  boolean done() {
    return left.get() <= 0;
  }

  private void tamper(byte[] bytes, int length) {
    String written = new String(bytes, 0, length, ISO_8859_1);
    for (int at = written.indexOf(text);
        at >= 0 && left.getAndDecrement() > 0;
        at = written.indexOf(text, at + other.length)) {
      System.arraycopy(other, 0, bytes, at, other.length);
    }
  }

  @Override
  public void close() {
    ALL.remove(text);
  }

  /** Made by jnats, which wants it public. */
  public static final class Port extends SocketDataPort {
    @Override
    public void write(byte[] src, int toWrite) throws IOException {
      ALL.values().forEach(each -> each.tamper(src, toWrite));
      super.write(src, toWrite);
    }
  }
}
