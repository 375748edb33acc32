package dev.missive.testkit.differential;

import dev.missive.Consumer;
import dev.missive.Counters;
import dev.missive.DeadLetters;
import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.Ordering;
import dev.missive.Outcome;
import dev.missive.ReceivedMessage;
import dev.missive.RetryPolicy;
import dev.missive.Topology;
import dev.missive.testkit.differential.Script.Kind;
import dev.missive.testkit.differential.Step.Draft;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** One script on one broker. Confined to one thread, but for its handler. */
final class Play {
  private static final RetryPolicy RETRY =
      RetryPolicy.exponential(Duration.ofMillis(5), Duration.ofMillis(20))
          .maxAttempts(ScriptWriter.MAX_ATTEMPTS);
  private static final Duration STOPPING = Duration.ofSeconds(10);
  private static final long LOOK_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
  private static final int MOST_THREADS = 4;
  private static final int MOST_PAUSE_MICROS = 500;
  private static final int PAGE = 100;

  private final String unique = UUID.randomUUID().toString().substring(0, 8);
  private final String topic = "script-" + unique;
  private final String group = "reader-" + unique;
  private final Side side;
  private final Messaging messaging;
  private final Script script;
  private final Random random;
  private final Duration patience;
  private final Duration idle;
  private final Trace trace;

  Play(Side side, Script script, Random random, Duration patience, Duration idle) {
    this.side = side;
    this.messaging = side.messaging();
    this.script = script;
    this.random = random;
    this.patience = patience;
    this.idle = idle;
    this.trace = new Trace(script);
  }

  /** Plays it and gives what became of it; a call that fails is part of that. */
  Trace play() {
    try (Consumer consumer = consumer()) {
      consumer.start();
      consumer
          .ready()
          .toCompletableFuture()
          .orTimeout(patience.toNanos(), TimeUnit.NANOSECONDS)
          .join();
      script.steps().forEach(step -> perform(step, consumer));
      quiet(consumer);
      letters().forEach(letter -> trace.letter(name(letter.message()), letter));
    } catch (MessagingException | CompletionException e) {
      trace.failed(e);
    }
    return trace;
  }

  private Consumer consumer() {
    int threads = 1 + random.nextInt(MOST_THREADS);
    return messaging
        .consumer(topic)
        .group(group)
        .concurrency(threads)
        .maxInFlight(threads + random.nextInt(PAGE))
        .ordering(script.kind() == Kind.ORDERED ? Ordering.KEY : Ordering.NONE)
        .retry(RETRY)
        .outcomeHandler(this::handle)
        .build();
  }

  private Outcome handle(ReceivedMessage message) {
    Reaction reaction = trace.run(name(message), message.attempt());
    int micros;
    synchronized (random) {
      micros = random.nextInt(MOST_PAUSE_MICROS);
    }
    LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(micros));
    return reaction.act();
  }

  private void perform(Step step, Consumer consumer) {
    Draft draft = step.draft();
    if (draft != null) {
      Message.Builder message =
          Message.builder(topic).id(draft.name() + "-" + unique).key(draft.key()).text("v");
      messaging.producer().publish(step.operation().prepare(message).build());
      if (step.operation() != Operation.PUBLISH_EXPIRED) {
        trace.published(draft);
      }
      return;
    }
    switch (step.operation()) {
      case STOP -> consumer.stop(STOPPING);
      case START -> consumer.start();
      case RESTART -> {
        consumer.stop(STOPPING);
        consumer.start();
      }
      case PAUSE -> consumer.pause();
      case RESUME -> consumer.resume();
      case REDRIVE -> redrive(consumer);
      case CUT -> side.cut().orElseThrow().cut();
      default -> throw new IllegalStateException(step.operation() + " publishes, and has no draft");
    }
  }

  /** Gives back what is there now, and not what is dead-lettered again meanwhile. */
  private void redrive(Consumer consumer) {
    quiet(consumer);
    Map<String, Integer> counts = new HashMap<>();
    letters()
        .forEach(
            letter -> {
              String name = name(letter.message());
              counts.put(name, letter.count());
              trace.redriven(name, letter);
            });
    trace.event("redriven: " + counts.size());
    long[] redriven = {0};
    await(
        () -> {
          if (redriven[0] < counts.size()) {
            try (DeadLetters.Cursor cursor = messaging.deadLetters().open(topic, group)) {
              DeadLetters.RedriveOptions those =
                  DeadLetters.RedriveOptions.all()
                      .filter(
                          letter ->
                              counts.getOrDefault(name(letter.message()), 0) == letter.count());
              redriven[0] += cursor.redrive(those).redriven();
            }
          }
          return redriven[0] >= counts.size();
        });
  }

  /** Lets the consumer go on until nothing is left to do, or nothing more comes. */
  private void quiet(Consumer consumer) {
    consumer.resume();
    consumer.start();
    long[] restingSince = {System.nanoTime()};
    await(
        () -> {
          boolean resting = resting();
          if (!resting) {
            restingSince[0] = System.nanoTime();
          }
          return resting && (done() || System.nanoTime() - restingSince[0] >= idle.toNanos());
        });
  }

  private boolean done() {
    return trace.complete()
        && messaging.deadLetters().count(topic, group) >= trace.lettersExpected();
  }

  /** Whether neither client nor broker has anything left. */
  private boolean resting() {
    Counters.Subscription counts = messaging.counters().of(topic, group);
    if (counts.held() > 0) {
      return false;
    }
    Topology.Depth depth = messaging.topology().depth(topic, group);
    return depth.waiting() + depth.inFlight() == 0;
  }

  private List<DeadLetters.Letter> letters() {
    List<DeadLetters.Letter> letters = new ArrayList<>();
    await(
        () -> {
          letters.clear();
          long count = messaging.deadLetters().count(topic, group);
          try (DeadLetters.Cursor cursor = messaging.deadLetters().open(topic, group)) {
            List<DeadLetters.Letter> page = cursor.next(PAGE);
            while (!page.isEmpty()) {
              letters.addAll(page);
              page = letters.size() < count ? cursor.next(PAGE) : List.of();
            }
          }
          return letters.size() >= count;
        });
    return letters;
  }

  /** Waits, but not for ever: what has not come then is seen when histories are compared. */
  private void await(BooleanSupplier condition) {
    long end = System.nanoTime() + patience.toNanos();
    while (System.nanoTime() - end < 0 && !holds(condition)) {
      LockSupport.parkNanos(LOOK_AGAIN_NANOS);
    }
  }

  /** A broker that cannot be asked because its connection was cut is asked again. */
  private static boolean holds(BooleanSupplier condition) {
    try {
      return condition.getAsBoolean();
    } catch (MessagingException e) {
      if (e.code() == ErrorCode.BROKER_UNREACHABLE) {
        return false;
      }
      throw e;
    }
  }

  private String name(Message message) {
    String id = message.id();
    return id.endsWith(unique) ? id.substring(0, id.length() - unique.length() - 1) : id;
  }
}
