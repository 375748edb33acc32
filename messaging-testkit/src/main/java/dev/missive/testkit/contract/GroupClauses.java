package dev.missive.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Consumer;
import dev.missive.ConsumerState;
import dev.missive.Handler;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.Position;
import dev.missive.testkit.FakeHandler;
import dev.missive.testkit.Recorder;
import dev.missive.testkit.history.History;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Clauses SG01 to SG09 and SG11: who gets a message. */
public interface GroupClauses extends SubscriptionClauses {
  /**
   * SG01, SG02.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("version")
  @DisplayName(
      "SG01 SG02 each group gets every message; within a group each message goes to one consumer")
  default void groups(Lab lab) {
    Messaging one = lab.open();
    Messaging two = lab.open();
    History history = new History();
    String audit = lab.group("audit");
    lab.consume(one, history.recording(lab.group(), m -> {}));
    lab.consume(two, history.recording(lab.group(), m -> {}));
    lab.started(
        two.consumer(lab.topic()).group(audit).handler(history.recording(audit, m -> {})).build());
    for (int i = 0; i < 500; i++) {
      Message message = lab.message("k" + i, "v");
      history.sent(message);
      history.stored(one.producer().publish(message).id());
    }

    lab.await("every group has all", () -> history.runs(audit) >= 500);
    lab.await("the shared group has all", () -> history.runs(lab.group()) >= 500);
    assertThat(history.check(History.Rules.strict().group(lab.group()).group(audit)))
        .as("violations")
        .isEmpty();
  }

  /**
   * SG03, SG04.
   *
   * @param lab what this test works with
   */
  @Test
  @DisplayName(
      "SG03 SG04 topics are isolated; one consumer on several topics reports the right one")
  default void several_topics(Lab lab) {
    Messaging messaging = lab.open();
    Recorder seen = new Recorder();
    String elsewhere = lab.topic("elsewhere");
    lab.run("declaring", () -> messaging.topology().declare(elsewhere, lab.group()));
    lab.started(
        messaging
            .consumer(lab.topic("a"), lab.topic("b"))
            .group(lab.group())
            .handler(seen)
            .build());

    messaging.producer().publish(Message.of(elsewhere, "k", new byte[1]));
    messaging.producer().publish(Message.of(lab.topic("a"), "k", new byte[1]));
    messaging.producer().publish(Message.of(lab.topic("b"), "k", new byte[1]));
    lab.await(2, seen);
    messaging.producer().publish(Message.of(lab.topic("a"), "k", new byte[1]));

    assertThat(lab.await(3, seen))
        .extracting(Recorder.Run::topic)
        .containsExactlyInAnyOrder(lab.topic("a"), lab.topic("a"), lab.topic("b"));
    assertThat(messaging.counters().subscriptions()).hasSize(2);
  }

  /**
   * SG04.
   *
   * @param lab what this test works with
   */
  @Test
  @DisplayName("SG04 a topic whose window is full does not stop another one of its consumer")
  default void window_per_topic(Lab lab) {
    Messaging messaging = lab.open();
    FakeHandler.Blocking blocking = FakeHandler.blocking();
    String full = lab.topic("full");
    String free = lab.topic("free");
    Recorder seen =
        new Recorder(
            m -> {
              if (m.topic().equals(full)) {
                blocking.handle(m);
              }
            });
    lab.started(
        messaging.consumer(full, free).group(lab.group()).maxInFlight(3).handler(seen).build());
    for (int i = 0; i < 5; i++) {
      messaging.producer().publish(Message.of(full, "k", new byte[1]));
    }
    lab.await("a full window", () -> messaging.counters().of(full, lab.group()).held() == 3);

    for (int i = 0; i < 5; i++) {
      messaging.producer().publish(Message.of(free, "k", new byte[1]));
    }

    lab.await(
        "all of the other topic",
        () -> seen.runs().stream().filter(run -> run.topic().equals(free)).count() == 5);
    assertThat(messaging.counters().of(full, lab.group()).held()).isEqualTo(3);
    blocking.release();
    lab.await(10, seen);
  }

  /**
   * SG05.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("version")
  @DisplayName("SG05 a declared group gets what is published while none of its consumers runs")
  default void absent_consumers(Lab lab) {
    Messaging messaging = lab.open();
    lab.run("declaring", () -> messaging.topology().declare(lab.topic(), lab.group()));
    messaging.producer().publish(lab.message("before"));
    Recorder seen = new Recorder();
    Consumer consumer = lab.consume(messaging, seen);
    lab.await(1, seen);
    lab.stop(consumer, Duration.ofSeconds(5));
    messaging.producer().publish(lab.message("between"));

    lab.started(consumer);

    lab.await(2, seen);
    assertThat(seen.texts()).containsExactly("before", "between");
  }

  /**
   * SG07.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("version")
  @DisplayName("SG07 what is published after ready() arrives, 200 times")
  default void ready_means_ready(Lab lab) {
    Messaging publisher = lab.open();
    Messaging messaging = lab.open();
    lab.inParallel(
        4,
        worker -> {
          for (int i = 0; i < 50; i++) {
            Recorder seen = new Recorder();
            Consumer consumer =
                messaging
                    .consumer(lab.topic("ready" + worker))
                    .group(lab.group("g" + i))
                    .handler(seen)
                    .build();
            consumer.start();
            consumer.ready().toCompletableFuture().join();
            String id = publisher.producer().publish(ready(lab, worker)).id();
            Beside.await(lab, "what was published after ready()", () -> seen.ids().contains(id));
            consumer.stop(Duration.ofSeconds(1));
          }
        });
  }

  private static Message ready(Lab lab, int worker) {
    return Message.of(lab.topic("ready" + worker), "k", new byte[1]);
  }

  /**
   * SG07.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("fault")
  @DisplayName("SG07 ready() stays open while the broker is unreachable")
  default void not_ready(Lab lab) {
    Control.Power power = lab.control(Control.Power.class);
    Messaging messaging = lab.open("connect.timeout", "1s");
    Consumer consumer = messaging.consumer(lab.topic()).group(lab.group()).handler(m -> {}).build();
    power.down();

    lab.run("starting", consumer::start);
    lab.pass(Duration.ofSeconds(1));

    assertThat(consumer.ready().toCompletableFuture()).isNotDone();
    power.up();
    lab.join(consumer.ready());
  }

  /**
   * SG08.
   *
   * @param lab what this test works with
   */
  @Test
  @DisplayName("SG08 consumers come and go under load and nothing is lost")
  default void coming_and_going(Lab lab) {
    Messaging messaging = lab.open();
    lab.run("declaring", () -> messaging.topology().declare(lab.topic(), lab.group()));
    Map<String, Integer> runs = new ConcurrentHashMap<>();
    Set<String> sent = ConcurrentHashMap.newKeySet();
    Handler counting = m -> runs.merge(m.id(), 1, Integer::sum);
    Runnable publishing =
        () -> {
          for (int n = 0; n < 200; n++) {
            sent.add(messaging.producer().publish(lab.message("k" + n % 20, "v")).id());
          }
        };
    Consumer oldest = lab.consume(lab.open(), counting);
    for (int i = 0; i < 5; i++) {
      // One joins under load, both work, and the older one leaves under load.
      CompletableFuture<Void> before = Lab.background(publishing);
      Consumer joining = lab.consume(lab.open(), counting);
      lab.join(before);
      CompletableFuture<Void> meanwhile = Lab.background(publishing);
      assertThat(List.of(oldest.state(), joining.state())).containsOnly(ConsumerState.RUNNING);
      lab.stop(oldest, Duration.ofSeconds(5));
      lab.join(meanwhile);
      oldest = joining;
    }

    lab.await("all handled", () -> runs.keySet().containsAll(sent));
    assertThat(runs.values()).as("runs per message").hasSize(2000).containsOnly(1);
  }

  /**
   * SG09.
   *
   * @param lab what this test works with
   */
  @Test
  @DisplayName("SG09 ten consumers opened and closed at the same time leave the group consumable")
  default void crowd(Lab lab) {
    Messaging messaging = lab.open();
    lab.run("declaring", () -> messaging.topology().declare(lab.topic(), lab.group()));
    lab.inParallel(
        10,
        number -> {
          Consumer consumer =
              messaging.consumer(lab.topic()).group(lab.group()).handler(m -> {}).build();
          consumer.start();
          consumer.stop(Duration.ofSeconds(5));
        });

    Recorder seen = new Recorder();
    lab.consume(messaging, seen);
    messaging.producer().publish(lab.message("v"));
    lab.await(1, seen);
  }

  /**
   * SG11.
   *
   * @param lab what this test works with
   */
  @Test
  @DisplayName(
      "SG11 topic, group, attempt and position are reported; a handler cannot spoil what others see")
  default void reported(Lab lab) {
    Messaging messaging = lab.open();
    Recorder other = new Recorder();
    Recorder seen = new Recorder();
    lab.started(messaging.consumer(lab.topic()).group(lab.group("other")).handler(other).build());
    lab.consume(
        messaging,
        m -> {
          seen.handle(m);
          byte[] payload = m.payload();
          if (payload != null) {
            payload[0] = 'X';
          }
          if (m.attempt() == 1) {
            throw new IllegalStateException("again");
          }
        });
    Position position = messaging.producer().publish(lab.message("value")).position();

    List<Recorder.Run> runs = lab.await(2, seen);
    assertThat(runs).extracting(Recorder.Run::topic).containsOnly(lab.topic());
    assertThat(runs).extracting(Recorder.Run::group).containsOnly(lab.group());
    assertThat(runs).extracting(Recorder.Run::attempt).containsExactly(1, 2);
    assertThat(runs).extracting(Recorder.Run::text).containsOnly("value");
    assertThat(runs.get(0).position()).as("the position on the receipt").isEqualTo(position);
    assertThat(lab.await(1, other).get(0).text()).isEqualTo("value");
  }
}
