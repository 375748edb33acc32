package dev.missive.nats;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import dev.missive.testkit.proxy.TcpProxy;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/** A client that is closed at a bad moment leaves no thread, whatever the server does. */
@Tag("broker")
@Isolated("counts the client's threads")
class NatsClosingTest {
  private static final Duration SOON = Duration.ofSeconds(1);

  /** Less than any limit of jnats at which it would give up itself. */
  private static final Duration PATIENCE = Duration.ofSeconds(180);

  private final LiveBroker server = LiveBrokers.start(Brokers.nats().withProcess().withProxy());
  private final TcpProxy proxy = server.node().proxy().orElseThrow();
  private final NatsLab lab = new NatsLab(server);
  private Set<Thread> before = Set.of();

  @BeforeEach
  void look() {
    before = Set.copyOf(Thread.getAllStackTraces().keySet());
  }

  @AfterEach
  void close() {
    server.node().resume();
    lab.close();
    server.close();
  }

  @Test
  void while_the_server_hangs_and_a_writer_is_stuck() {
    Messaging messaging = open("nats.servers", server.directUrl());
    lab.start(messaging, message -> {});
    server.node().pause();
    // More than the sockets take.
    for (int i = 0; i < 40; i++) {
      messaging
          .producer()
          .publishAsync(Message.builder(lab.topic).payload(new byte[900_000]).build());
    }
    awaitStuckWriter();

    closeSoon(messaging);

    assertNothingLeft();
  }

  @Test
  void while_it_connects_again_and_nobody_answers() {
    Messaging messaging = open("nats.connect-timeout", "2m");
    lab.start(messaging, message -> {});
    long accepted = proxy.accepted();

    proxy.blackhole();
    proxy.reset();
    Eventually.await("a new try", () -> proxy.accepted() > accepted && proxy.open() > 0);
    closeSoon(messaging);

    assertNothingLeft();
  }

  private Messaging open(String key, String value) {
    // No ping finds out before the test is over.
    return lab.open(
        "application",
        lab.topic,
        "nats.ping-interval",
        "5m",
        "producer.window-bytes",
        "60000000",
        key,
        value);
  }

  private void awaitStuckWriter() {
    AtomicLong since = new AtomicLong(System.nanoTime());
    Eventually.await(
        "a writer that is stuck",
        PATIENCE,
        () -> {
          if (threads().noneMatch(NatsClosingTest::writes)) {
            since.set(System.nanoTime());
          }
          return System.nanoTime() - since.get() > SOON.toNanos();
        });
  }

  private void closeSoon(Messaging messaging) {
    assertThat(threads()).isNotEmpty();
    CompletableFuture<Void> closed =
        CompletableFuture.runAsync(
            () -> messaging.close(SOON), task -> new Thread(task, "closes").start());
    Eventually.await("close returns", PATIENCE, closed::isDone);
    closed.join();
  }

  private void assertNothingLeft() {
    Eventually.await("no thread of it", PATIENCE, () -> threads().findAny().isEmpty());
  }

  /** Those of ours have the name of the client; jnats may make some itself. */
  private Stream<Map.Entry<Thread, StackTraceElement[]>> threads() {
    return Thread.getAllStackTraces().entrySet().stream()
        .filter(entry -> !before.contains(entry.getKey()))
        .filter(entry -> entry.getKey().getName().contains(lab.topic) || ofJnats(entry.getValue()));
  }

  private static boolean ofJnats(StackTraceElement[] stack) {
    return Arrays.stream(stack).anyMatch(at -> at.getClassName().startsWith("io.nats."));
  }

  private static boolean writes(Map.Entry<Thread, StackTraceElement[]> entry) {
    return Arrays.stream(entry.getValue()).anyMatch(at -> at.getMethodName().equals("implWrite"));
  }
}
