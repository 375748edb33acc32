package dev.missive.conformance;

import dev.missive.Consumer;
import dev.missive.Handler;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.RetryPolicy;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.MemoryBroker;
import dev.missive.testkit.Recorder;
import dev.missive.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** One test's broker, connections and clock; everything is unique and closed at the end. */
public final class Lab implements AutoCloseable {
  static final RetryPolicy QUICK =
      RetryPolicy.exponential(Duration.ofMillis(5), Duration.ofMillis(10));
  static final String TOPIC = "lab.orders";
  static final String GROUP = "billing";

  private static final Duration PATIENCE = Duration.ofSeconds(15);

  final String name = "lab-" + UUID.randomUUID();
  private final List<Messaging> open = new ArrayList<>();
  private final UnaryOperator<Messaging.Builder> opening;
  final MemoryBroker broker = MemoryBroker.named(name);
  final VirtualTime time;
  private boolean virtual;

  /** In real time. */
  Lab() {
    this(new VirtualTime(), opened -> opened);
  }

  private Lab(VirtualTime time, UnaryOperator<Messaging.Builder> opening) {
    this.time = time;
    this.opening = opening;
  }

  /**
   * On a clock that the test moves.
   *
   * @param time the clock
   * @param opening what is done to the builder of every connection before everything else
   */
  public static Lab virtual(VirtualTime time, UnaryOperator<Messaging.Builder> opening) {
    Lab made = new Lab(time, opening);
    made.virtual = true;
    return made;
  }

  /** A lab of the same kind with a broker of its own. */
  Lab another() {
    Lab made = new Lab(time, opening);
    made.virtual = virtual;
    return made;
  }

  Messaging open(String... settings) {
    return open(builder -> builder, settings);
  }

  Messaging open(UnaryOperator<Messaging.Builder> more, String... settings) {
    Messaging.Builder builder =
        opening.apply(Messaging.builder()).setting("broker", "memory").setting("memory.name", name);
    for (int i = 0; i < settings.length; i += 2) {
      builder.setting(settings[i], settings[i + 1]);
    }
    if (virtual) {
      builder.time(time);
    }
    Messaging made = more.apply(builder).open();
    open.add(made);
    return made;
  }

  /** A consumer of the usual topic and group, started and ready. */
  static Consumer consume(Messaging messaging, Handler handler) {
    return consumeWith(messaging, builder -> builder.handler(handler));
  }

  static Consumer consumeWith(Messaging messaging, UnaryOperator<Consumer.Builder> options) {
    return started(options.apply(messaging.consumer(TOPIC).group(GROUP).retry(QUICK)).build());
  }

  static Consumer started(Consumer consumer) {
    consumer.start();
    consumer.ready().toCompletableFuture().join();
    return consumer;
  }

  /** Waits until something is so, on the clock of this lab. */
  void await(String what, BooleanSupplier condition) {
    if (virtual) {
      time.await(what, PATIENCE, condition);
    } else {
      Eventually.await(what, condition);
    }
  }

  /** Calls something that may wait for time, while this thread moves the clock. */
  <T> T call(String what, Supplier<T> task) {
    CompletableFuture<T> done =
        CompletableFuture.supplyAsync(task, work -> new Thread(work, "lab-call").start());
    await(what, done::isDone);
    try {
      return done.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw e;
    }
  }

  /** Runs something that may wait for time, while this thread moves the clock. */
  void run(String what, Runnable task) {
    call(
        what,
        () -> {
          task.run();
          return true;
        });
  }

  /** How much time something takes that may wait for it. */
  Duration timed(String what, Runnable task) {
    long began = time.nanos();
    run(what, task);
    return Duration.ofNanos(time.nanos() - began);
  }

  /** Waits for runs. */
  List<Recorder.Run> await(int count, Recorder recorder) {
    await(count + " runs", () -> recorder.runs().size() >= count);
    return recorder.runs();
  }

  static Message message(String key, String text) {
    return Message.builder(TOPIC).key(key).text(text).build();
  }

  @Override
  public void close() {
    broker.unhang();
    Thread closing = new Thread(() -> open.forEach(messaging -> messaging.close(Duration.ZERO)));
    closing.start();
    // What closing waits for passes only if somebody moves the clock.
    Eventually.await(
        "everything is closed",
        () -> {
          if (virtual) {
            time.advance(Duration.ofMillis(100));
          }
          return !closing.isAlive();
        });
    broker.close();
  }
}
