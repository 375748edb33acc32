package dev.missive.benchmarks;

import dev.missive.Consumer;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.Producer;
import dev.missive.spi.DeliveryListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;

/** The paths of one message through the runtime, over {@link NoopBroker}. */
final class NoopPaths {
  private static final int KEYS = 1000;
  private static final int BURST = 100;
  private static final double LOWER_QUARTILE = 25;
  private static final double UPPER_QUARTILE = 75;
  private static final byte[] PAYLOAD = new byte[Side.BODY];
  private static final Aim PUBLISH_NANOS = Aim.atMost(500);
  private static final Aim PUBLISH_BYTES = Aim.atMost(200);
  private static final Aim CONSUME_NANOS = Aim.atMost(1000);
  private static final Aim CONSUME_BYTES = Aim.atMost(300);

  private final Load load;

  NoopPaths(Load load) {
    this.load = load;
  }

  /** One round of as many messages as the load says. */
  private interface Round {
    void run();
  }

  /** From the call until the receipt. */
  List<Row> publish() {
    NoopBroker noop = new NoopBroker();
    try (Messaging messaging = open(noop)) {
      messaging.start();
      Producer producer = messaging.producerBuilder().completeOn(Runnable::run).build();
      Message message = Message.of("bench", "key", PAYLOAD);
      Round round =
          () -> {
            for (int i = 0; i < load.messages(); i++) {
              producer.publishAsync(message);
            }
          };
      return rows("publish path", round, PUBLISH_NANOS, PUBLISH_BYTES);
    }
  }

  /** From the adapter's delivery until it is acknowledged. */
  List<Row> consume(int handlers) {
    NoopBroker noop = new NoopBroker();
    List<NoopBroker.Pushed> deliveries = new ArrayList<>();
    for (int i = 0; i < KEYS; i++) {
      deliveries.add(new NoopBroker.Pushed(Message.of("bench", "key" + i, PAYLOAD)));
    }
    AtomicLong handled = new AtomicLong();
    try (Messaging messaging = open(noop)) {
      Consumer consumer =
          messaging
              .consumer("bench")
              .group("bench")
              .concurrency(handlers)
              .maxInFlight(load.messages())
              .handler(message -> handled.incrementAndGet())
              .build();
      consumer.start();
      DeliveryListener listener = Objects.requireNonNull(noop.listener);
      List<Row> rows =
          rows(
              "consume path, concurrency " + handlers,
              () -> push(listener, deliveries, handled),
              CONSUME_NANOS,
              CONSUME_BYTES);
      consumer.stop(Duration.ofSeconds(5));
      return rows;
    }
  }

  private static Messaging open(NoopBroker noop) {
    return Messaging.builder().providers(noop).setting("broker", "noop").open();
  }

  /** A window of a thousand, in runs of a hundred, as a client would push them. */
  private void push(
      DeliveryListener listener, List<NoopBroker.Pushed> deliveries, AtomicLong handled) {
    long before = handled.get();
    for (int i = 0; i < load.messages(); i++) {
      while (i % BURST == 0 && before + i - handled.get() > KEYS) {
        Thread.onSpinWait();
      }
      boolean more = i % BURST != BURST - 1 && i < load.messages() - 1;
      listener.delivered(deliveries.get(i % KEYS), more);
    }
    while (handled.get() < before + load.messages()) {
      Thread.onSpinWait();
    }
  }

  private List<Row> rows(String what, Round round, Aim nanos, Aim bytes) {
    double[] time = new double[load.pairs()];
    double[] memory = new double[load.pairs()];
    for (int i = -load.warmUps(); i < load.pairs(); i++) {
      Usage begin = Usage.now();
      round.run();
      Usage end = Usage.now();
      if (i >= 0) {
        time[i] = (double) (end.nanos() - begin.nanos()) / load.messages();
        memory[i] = (double) end.allocatedSince(begin) / load.messages();
      }
    }
    return List.of(
        row(what, "ns a message", time, nanos), row(what, Metric.ALLOCATED.unit, memory, bytes));
  }

  private static Row row(String what, String unit, double[] values, Aim aim) {
    double median = Math.rint(Statistics.median(values));
    String middle =
        number(Statistics.percentile(values, LOWER_QUARTILE))
            + " to "
            + number(Statistics.percentile(values, UPPER_QUARTILE));
    return new Row(what, unit, "", number(median), "", middle, aim.verdict(median), false);
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%,.0f", value);
  }
}
