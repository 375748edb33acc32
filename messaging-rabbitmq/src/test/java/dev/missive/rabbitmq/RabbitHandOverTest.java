package dev.missive.rabbitmq;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Consumer;
import dev.missive.ConsumerState;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.Ordering;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** One instance of a group with order per key leaves, and another one takes over. */
@Tag("broker")
final class RabbitHandOverTest {
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final int MORE = 20;

  private final RabbitLab lab = new RabbitLab(LiveBrokers.shared(Brokers.rabbitmq()));
  private final List<String> ends = new CopyOnWriteArrayList<>();
  private final CountDownLatch running = new CountDownLatch(1);
  private final CountDownLatch go = new CountDownLatch(1);
  private final Consumer first = consumer(lab.messaging());
  private final Consumer second = consumer(lab.open(Map.of()));

  private Consumer consumer(Messaging messaging) {
    return messaging
        .consumer(lab.topic)
        .group("g")
        .ordering(Ordering.KEY)
        .handler(
            message -> {
              String number = new String(message.payload(), UTF_8);
              if (number.equals("0")) {
                running.countDown();
                go.await();
              }
              ends.add(number);
            })
        .build();
  }

  @BeforeEach
  void one_runs_on_the_first() throws Exception {
    first.start();
    RabbitLab.ready(first);
    second.start();
    RabbitLab.ready(second);
    publish(0);
    running.await();
  }

  @AfterEach
  void close() {
    go.countDown();
    lab.close();
  }

  @Test
  void what_comes_while_one_stops_waits_for_what_runs_there() {
    CompletableFuture<Void> stopped = CompletableFuture.runAsync(() -> first.stop(LONG));
    Eventually.await("it stops", LONG, () -> first.state() == ConsumerState.STOPPING);

    othersComeInOrder();

    stopped.join();
  }

  @Test
  void what_comes_while_one_pauses_waits_for_what_runs_there() {
    first.pause();
    Eventually.await("it pauses", LONG, () -> first.state() == ConsumerState.PAUSED);

    othersComeInOrder();

    first.resume();
    second.stop(LONG);
    publish(MORE + 1);
    Eventually.await("the first goes on", LONG, () -> ends.contains("" + (MORE + 1)));
  }

  private void othersComeInOrder() {
    IntStream.rangeClosed(1, MORE).forEach(this::publish);
    assertThat(ends).isEmpty();
    go.countDown();

    Eventually.await("all", LONG, () -> ends.size() == MORE + 1);
    assertThat(ends).isEqualTo(IntStream.rangeClosed(0, MORE).mapToObj(i -> "" + i).toList());
  }

  private void publish(int number) {
    lab.messaging()
        .producer()
        .publish(Message.builder(lab.topic).key("k").text("" + number).build());
  }
}
