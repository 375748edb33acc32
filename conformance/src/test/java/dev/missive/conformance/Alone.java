package dev.missive.conformance;

import dev.missive.Consumer;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.testkit.Recorder;
import dev.missive.testkit.VirtualTime;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/** What {@link AloneTest} runs in a JVM of its own; uses no test library, and checks that. */
final class Alone {
  private static final List<String> ABSENT =
      List.of(
          "org.junit.jupiter.api.Test",
          "org.junit.platform.commons.JUnitException",
          "org.assertj.core.api.Assertions",
          "org.testcontainers.containers.GenericContainer");

  private Alone() {}

  public static void main(String[] args) {
    for (String name : ABSENT) {
      if (there(name)) {
        throw new IllegalStateException(name + " is on the class path");
      }
    }
    VirtualTime time = new VirtualTime();
    Recorder recorder = new Recorder();
    try (Messaging messaging = Messaging.builder().setting("broker", "memory").time(time).open()) {
      Consumer consumer = messaging.consumer("alone").group("one").handler(recorder).build();
      consumer.start();
      messaging.producer().publish(Message.of("alone", "x".getBytes(StandardCharsets.UTF_8)));
      time.advance(Duration.ofSeconds(1));
      consumer.stop(Duration.ZERO);
    }
    System.out.println("handled " + recorder.runs().size());
  }

  private static boolean there(String name) {
    try {
      Class.forName(name);
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }
}
