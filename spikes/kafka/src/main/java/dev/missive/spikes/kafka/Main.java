package dev.missive.spikes.kafka;

import dev.missive.spikes.Scenario;
import java.time.Duration;
import java.util.Map;

/** Runs the shared scenario twice: waits in process, and waits in the tier topic. */
final class Main {
  private Main() {}

  public static void main(String[] args) throws Exception {
    try (PrivateBroker broker = new PrivateBroker(22092, 22092)) {
      for (int seconds : new int[] {10, 1}) {
        System.out.println("waits of at most " + seconds + " s in process");
        Scenario.run(new KafkaSpike("127.0.0.1:22092", Duration.ofSeconds(seconds)), Map.of(), broker);
      }
    }
    System.exit(0);
  }
}
