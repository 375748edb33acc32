package dev.missive.spikes.rabbitmq;

import dev.missive.spikes.Scenario;
import java.io.File;
import java.net.Socket;
import java.util.Map;

/** Runs the scenario: Main ./node.sh VERSION PORT, in this folder. */
public final class Main {
  public static void main(String[] args) throws Exception {
    String port = args[2];
    Process[] broker = {start(args)};
    try {
      Scenario.run(new RabbitSpike(), Map.of("rabbitmq.port", port), () -> {
        broker[0].destroyForcibly().waitFor();
        broker[0] = start(args);
      });
    } finally {
      broker[0].destroyForcibly();
    }
    System.exit(0);
  }

  static Process start(String... args) throws Exception {
    Process broker = new ProcessBuilder(args).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.appendTo(new File("target/broker.log"))).start();
    for (int i = 0; i < 600 && broker.isAlive(); i++) {
      try {
        new Socket("127.0.0.1", Integer.parseInt(args[2])).close();
        return broker;
      } catch (java.io.IOException e) {
        Thread.sleep(100);
      }
    }
    throw new IllegalStateException("the broker does not start, see target/broker.log");
  }
}
