package dev.missive.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Consumer;
import dev.missive.DrainReport;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.RetryPolicy;
import dev.missive.testkit.Eventually;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class SmokeTest {
  @Test
  void publish_consume_retry_dead_letter_and_drain() {
    List<String> seen = new CopyOnWriteArrayList<>();
    try (Messaging m = Messaging.builder().setting("memory.name", "smoke").open()) {
      Consumer c = m.consumer("orders").group("billing").retry(RetryPolicy.exponential(Duration.ofMillis(20), Duration.ofMillis(50)).maxAttempts(3)).handler(r -> {
        seen.add(r.key() == null ? "?" : new String(r.key()) + r.attempt());
        if (new String(r.payload()).equals("bad")) throw new IllegalStateException("no");
      }).build();
      c.start();
      c.ready().toCompletableFuture().join();
      m.producer().publish(Message.of("orders", "a", "good".getBytes()));
      m.producer().publish(Message.of("orders", "b", "bad".getBytes()));
      Eventually.await("dead letter", () -> m.counters().of("orders", "billing").deadLettered() == 1);
      System.out.println(seen + " " + m.counters() + m.health());
      assertThat(seen).containsExactlyInAnyOrder("a1", "b1", "b2", "b3");
      assertThat(m.deadLetters().count("orders", "billing")).isEqualTo(1);
      DrainReport report = c.stop(Duration.ofSeconds(5));
      System.out.println(report);
      assertThat(report.complete()).isTrue();
    }
  }
}
