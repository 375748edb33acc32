package dev.missive.testkit.contract;

import dev.missive.Consumer;
import dev.missive.Counters;
import dev.missive.DeadLetters;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.Ordering;
import dev.missive.Producer;
import dev.missive.Receipt;
import dev.missive.ReceivedMessage;
import dev.missive.RetryPolicy;
import dev.missive.testkit.Recorder;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** What a client can be told that will be killed; words in, one line out. Thread-safe. */
final class VictimCommands {
  private static final long READY_SECONDS = 60;

  private final CountDownLatch gate = new CountDownLatch(1);
  private final Messaging messaging;
  private final Recorder recorder;
  private volatile List<String> held = List.of();
  private volatile int failures;

  VictimCommands(Messaging messaging) {
    this.messaging = messaging;
    this.recorder = new Recorder(this::handle);
  }

  String execute(String... words) {
    return switch (words[0]) {
      case "publish" -> publish(words);
      case "consume", "consume-in-order" -> consume(words);
      case "runs" -> String.join(",", recorder.texts());
      case "count" -> count(words);
      case "redrive" -> redrive(words);
      case "flood" -> flood(words);
      case "block" -> block(words);
      case "let-go" -> {
        letGo();
        yield "gone";
      }
      default -> throw new IllegalArgumentException("no command " + words[0]);
    };
  }

  /** Lets the messages go that it holds. */
  void letGo() {
    gate.countDown();
  }

  private String publish(String... words) {
    Message.Builder builder = Message.builder(words[1]).key(words[2]).text(words[3]);
    long delay = Long.parseLong(words[4]);
    if (delay > 0) {
      builder.delay(Duration.ofMillis(delay));
    }
    return messaging.producer().publish(builder.build()).id();
  }

  private String consume(String... words) {
    failures = Integer.parseInt(words[4]);
    held = words.length > 6 ? List.of(words[6].split(",")) : List.of();
    Duration wait = Duration.ofMillis(Long.parseLong(words[5]));
    Consumer consumer =
        messaging
            .consumer(words[1])
            .group(words[2])
            .ordering(words[0].equals("consume") ? Ordering.NONE : Ordering.KEY)
            .concurrency(Integer.parseInt(words[3]))
            .retry(RetryPolicy.exponential(wait, wait))
            .handler(recorder)
            .build();
    consumer.start();
    consumer.ready().toCompletableFuture().orTimeout(READY_SECONDS, TimeUnit.SECONDS).join();
    return "ready";
  }

  /** Consumes without keeping anything; no message passes until it is let go. */
  private String block(String... words) {
    Consumer consumer =
        messaging.consumer(words[1]).group(words[2]).handler(message -> gate.await()).build();
    consumer.start();
    consumer.ready().toCompletableFuture().orTimeout(READY_SECONDS, TimeUnit.SECONDS).join();
    return "ready";
  }

  private void handle(ReceivedMessage message) throws InterruptedException {
    if (held.contains(Lab.text(message))) {
      gate.await();
    } else if (message.attempt() <= failures) {
      throw new IllegalStateException("run " + message.attempt() + " fails on purpose");
    }
  }

  private String count(String... words) {
    Counters.Subscription counts = messaging.counters().of(words[2], words[3]);
    return ""
        + switch (words[1]) {
          case "received" -> counts.received();
          case "acked" -> counts.acked();
          case "retried" -> counts.retried();
          case "parked" -> counts.parked();
          case "failed" -> counts.failedRuns();
          default -> throw new IllegalArgumentException("no count " + words[1]);
        };
  }

  /** Publishes much more than fits into the window; gives how many were refused for that. */
  private String flood(String... words) {
    messaging.topology().declare(words[1], words[2]);
    Producer producer = messaging.producerBuilder().failWhenFull().build();
    int attempts = Integer.parseInt(words[3]);
    byte[] payload = new byte[Integer.parseInt(words[4])];
    int refused = 0;
    for (int i = 0; i < attempts; i++) {
      CompletableFuture<Receipt> result =
          producer.publishAsync(Message.of(words[1], "k", payload)).toCompletableFuture();
      if (result.isCompletedExceptionally()) {
        refused++;
      }
    }
    return "" + refused;
  }

  /** Goes on beside whoever tells it to: the client is to die in the middle of it. */
  private String redrive(String... words) {
    DeadLetters.RedriveOptions options =
        DeadLetters.RedriveOptions.all().perSecond(Integer.parseInt(words[3]));
    Beside.run(
            () -> {
              try (DeadLetters.Cursor cursor = messaging.deadLetters().open(words[1], words[2])) {
                cursor.redrive(options);
              }
            })
        .exceptionally(
            error -> {
              // Nobody waits for it; at a kill it has to fail.
              System.err.println("redriving ended: " + error);
              return null;
            });
    return "started";
  }
}
