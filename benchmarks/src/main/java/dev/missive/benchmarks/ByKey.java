package dev.missive.benchmarks;

import dev.missive.Consumer;
import dev.missive.Message;
import dev.missive.Messaging;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * What concurrency by key is for: one partition of Kafka, and a handler that waits 10 ms. Kafka's
 * own client handles one record after the other; Missive the keys beside each other, each of them
 * in order.
 */
final class ByKey {
  private static final String RAW_TOPIC = "benchmarks.by-key.raw";
  private static final String TOPIC = "benchmarks.by-key.missive";
  private static final String GROUP = "bench";
  private static final int KEYS = 200;
  private static final int AT_ONCE = 100;
  private static final int WINDOW = 1000;
  private static final int MOST_MESSAGES = 20_000;

  /** Enough to see how long one takes. */
  private static final int ONE_AFTER_THE_OTHER = 200;

  private static final long HANDLER_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
  private static final Duration DRAIN = Duration.ofSeconds(30);
  private static final Aim EIGHTY_TIMES = Aim.atLeast(80);
  private static final double LOWER_QUARTILE = 25;
  private static final double UPPER_QUARTILE = 75;

  private final String brokers;
  private final Load load;
  private final PrintStream progress;

  ByKey(String brokers, Load load, PrintStream progress) {
    this.brokers = brokers;
    this.load = load;
    this.progress = progress;
  }

  Section section() throws Exception {
    Map<String, String> settings =
        Map.of(
            "broker", "kafka",
            "kafka.brokers", brokers,
            "kafka.partitions", "1",
            "connect.fail-fast", "true",
            "connect.timeout", "60s");
    try (Messaging messaging = Messaging.builder().settings(settings).open();
        RawKafka raw = new RawKafka(brokers, RAW_TOPIC, GROUP, 0)) {
      messaging.topology().declare(RAW_TOPIC, GROUP);
      messaging.topology().declare(TOPIC, GROUP);
      return new Section(
          "kafka, one partition and a handler that waits 10 ms",
          "one poll loop, one record after the other",
          "concurrency "
              + AT_ONCE
              + ", maxInFlight "
              + WINDOW
              + ", "
              + KEYS
              + " keys in turn, each in order",
          List.of(row(messaging, raw)));
    }
  }

  private Row row(Messaging messaging, RawKafka raw) throws Exception {
    String what = "handled by key";
    double[] alone = new double[load.pairs()];
    double[] together = new double[load.pairs()];
    double[] times = new double[load.pairs()];
    for (int pair = -1; pair < load.pairs(); pair++) {
      Runs inTurn = raw(messaging, raw);
      Runs byKey = missive(messaging);
      String problem = inTurn.problem == null ? byKey.problem : "raw: " + inTurn.problem;
      if (problem != null) {
        return Row.failed(what, "messages/s", problem);
      }
      if (pair >= 0) {
        alone[pair] = inTurn.perSecond();
        together[pair] = byKey.perSecond();
        times[pair] = together[pair] / alone[pair];
        progress.println(
            "kafka by key: pair "
                + (pair + 1)
                + " of "
                + load.pairs()
                + ": "
                + number(times[pair])
                + " times as fast");
      }
    }
    double median = Statistics.median(times);
    return new Row(
        what,
        "messages/s",
        number(Statistics.median(alone)),
        number(Statistics.median(together)),
        number(median),
        number(Statistics.percentile(times, LOWER_QUARTILE))
            + " to "
            + number(Statistics.percentile(times, UPPER_QUARTILE)),
        EIGHTY_TIMES.verdict(median),
        false);
  }

  private Runs raw(Messaging messaging, RawKafka raw) throws Exception {
    publish(messaging, RAW_TOPIC, ONE_AFTER_THE_OTHER);
    Runs runs = new Runs(ONE_AFTER_THE_OTHER);
    Client.Intake intake = raw.consume(1, body -> runs.run(null, 0));
    runs.await(load.patience());
    intake.stop();
    return runs;
  }

  private Runs missive(Messaging messaging) throws InterruptedException {
    int count = Math.min(load.messages(), MOST_MESSAGES);
    publish(messaging, TOPIC, count);
    Runs runs = new Runs(count);
    Consumer consumer =
        messaging
            .consumer(TOPIC)
            .group(GROUP)
            .concurrency(AT_ONCE)
            .maxInFlight(WINDOW)
            .handler(
                message -> runs.run(text(message.key()), Integer.parseInt(text(message.payload()))))
            .build();
    consumer.start();
    runs.await(load.patience());
    consumer.stop(DRAIN);
    return runs;
  }

  private static void publish(Messaging messaging, String topic, int count) {
    for (int i = 0; i < count; i++) {
      messaging
          .producer()
          .publishAsync(
              Message.builder(topic).key("key-" + i % KEYS).text(Integer.toString(i)).build());
    }
    messaging.producer().flush();
  }

  private static String text(byte @Nullable [] bytes) {
    return new String(Objects.requireNonNull(bytes), StandardCharsets.UTF_8);
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%,.0f", value);
  }

  /** The runs of a handler, from the beginning of the first to the end of the last. Thread-safe. */
  private static final class Runs {
    private final int count;
    private final CountDownLatch all;
    private final AtomicLong first = new AtomicLong();
    private final AtomicLong last = new AtomicLong();
    private final AtomicInteger over = new AtomicInteger();
    private final Map<String, Integer> latest = new ConcurrentHashMap<>();
    private volatile @Nullable String problem;

    Runs(int count) {
      this.count = count;
      this.all = new CountDownLatch(count);
    }

    void run(@Nullable String key, int number) {
      first.compareAndSet(0, System.nanoTime());
      if (key != null) {
        Integer before = latest.put(key, number);
        if (before != null && before >= number) {
          problem = "a message of " + key + " was handled after one that came later";
        }
      }
      LockSupport.parkNanos(HANDLER_NANOS);
      last.accumulateAndGet(System.nanoTime(), Math::max);
      over.incrementAndGet();
      all.countDown();
    }

    void await(int seconds) throws InterruptedException {
      if (!all.await(seconds, TimeUnit.SECONDS)) {
        problem = over.get() + " of " + count + " were handled in " + seconds + " s";
      }
    }

    double perSecond() {
      return count / ((last.get() - first.get()) / 1e9);
    }
  }
}
