package dev.missive.testkit.launcher;

import dev.missive.MessagingException;
import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;

/**
 * Starts a broker for a script: {@code BrokerMain rabbitmq [--oldest]} prints its address as one
 * line and ends it when standard input ends.
 *
 * @since 0.1
 */
public final class BrokerMain {
  private static final int WRONG_USE = 2;
  private static final int NO_BROKER = 3;

  private BrokerMain() {}

  /**
   * Runs until standard input ends. Exits with 2 for wrong arguments and with 3 if there is no such
   * broker or it does not start; standard error says why.
   *
   * @param args the name of a broker, then perhaps {@code --oldest}
   * @throws IOException if standard input cannot be read
   */
  public static void main(String[] args) throws IOException {
    Optional<BrokerOptions> wanted = options(args);
    if (wanted.isEmpty()) {
      System.err.println("Usage: BrokerMain rabbitmq|kafka|nats [--oldest]");
      System.exit(WRONG_USE);
    }
    try (LiveBroker broker = wanted.get().start()) {
      System.out.println(broker.url());
      while (System.in.read() >= 0) {
        // Nothing is said to us; the end is what counts.
      }
    } catch (MessagingException e) {
      System.err.println(e.getMessage());
      System.exit(NO_BROKER);
    }
    System.exit(0);
  }

  private static Optional<BrokerOptions> options(String[] args) {
    boolean oldest = args.length == 2 && args[1].equals("--oldest");
    if (args.length != (oldest ? 2 : 1)) {
      return Optional.empty();
    }
    return Arrays.stream(BrokerKind.values())
        .filter(kind -> kind.id().equals(args[0]))
        .findFirst()
        .map(BrokerOptions::of)
        .map(options -> oldest ? options.withOldest() : options);
  }
}
