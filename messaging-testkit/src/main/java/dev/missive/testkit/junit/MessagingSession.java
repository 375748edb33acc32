package dev.missive.testkit.junit;

import dev.missive.Consumer;
import dev.missive.Messaging;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.MemoryBroker;
import dev.missive.testkit.Recorder;
import dev.missive.testkit.VirtualTime;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** What one test has got. Thread-safe; JUnit closes it when the test is over. */
final class MessagingSession implements AutoCloseable {
  private static final Duration STEP = Duration.ofMillis(100);
  private static final Duration READY = Duration.ofSeconds(10);

  private final Map<List<String>, Recorder> recorders = new ConcurrentHashMap<>();
  private final AtomicInteger groups = new AtomicInteger();
  private final Recorder recorder = new Recorder();
  final @Nullable VirtualTime time;
  final MemoryBroker broker;
  final Messaging messaging;

  MessagingSession(MessagingTest options) {
    String name = "test-" + UUID.randomUUID();
    time = options.virtualTime() ? new VirtualTime() : null;
    broker = MemoryBroker.named(name);
    Messaging.Builder builder = Messaging.builder();
    for (String setting : options.settings()) {
      int equals = setting.indexOf('=');
      if (equals < 1) {
        throw new IllegalArgumentException(
            "@MessagingTest(settings) has \"" + setting + "\" but wants key=value");
      }
      builder.setting(setting.substring(0, equals).strip(), setting.substring(equals + 1).strip());
    }
    // Last, because a test that shared its broker would not be alone.
    builder.setting("broker", "memory").setting("memory.name", name);
    if (time != null) {
      builder.time(time);
    }
    messaging = builder.open();
  }

  Awaiting awaiting() {
    return new Awaiting(messaging, broker, time != null);
  }

  /** One that the test binds itself, or one that runs already. */
  Recorder recorder(@Nullable Records records) {
    if (records == null) {
      return recorder;
    }
    List<String> topics = Arrays.stream(records.value()).sorted().toList();
    return recorders.computeIfAbsent(
        List.of(records.group(), topics.toString()), key -> start(records));
  }

  @Override
  public void close() {
    broker.unhang();
    try {
      if (time == null) {
        messaging.close(Duration.ZERO);
      } else {
        closeMoving(time);
      }
    } finally {
      broker.close();
    }
  }

  private Recorder start(Records records) {
    Recorder made = new Recorder();
    String group =
        records.group().isEmpty() ? "recorder-" + groups.incrementAndGet() : records.group();
    Consumer consumer = messaging.consumer(records.value()).group(group).handler(made).build();
    consumer.start();
    CompletableFuture<Void> ready = consumer.ready().toCompletableFuture();
    // A broker that the test has broken before would keep it here for ever.
    Eventually.await(
        "the recorder of " + List.of(records.value()) + " to be ready", READY, ready::isDone);
    ready.join();
    return made;
  }

  /** What closing waits for comes only if somebody moves the clock. */
  private void closeMoving(VirtualTime clock) {
    Thread closing = new Thread(() -> messaging.close(Duration.ZERO), "missive-test-close");
    closing.setDaemon(true);
    closing.start();
    Eventually.await(
        "everything to be closed",
        () -> {
          clock.advance(STEP);
          return !closing.isAlive();
        });
  }
}
