package dev.missive.testkit.launcher;

import java.io.IOException;
import java.util.Objects;

/** A JVM that starts a broker, says which processes that made, and waits to be killed. */
final class HoldingMain {
  private HoldingMain() {}

  public static void main(String[] args) throws IOException {
    BrokerOptions options = BrokerOptions.of(BrokerKind.valueOf(args[0])).withProcess();
    LiveBroker broker = options.start();
    StringBuilder line = new StringBuilder("processes");
    line.append(' ').append(broker.node().pid());
    if (options.kind() == BrokerKind.RABBITMQ) {
      line.append(' ').append(Objects.requireNonNull(broker.node().helper()).pid());
    }
    System.out.println(line);
    if (args.length > 1) {
      System.exit(0);
    }
    System.in.read();
  }
}
