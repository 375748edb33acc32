package dev.missive.conformance;

import static dev.missive.conformance.Lab.GROUP;
import static dev.missive.conformance.Lab.TOPIC;
import static dev.missive.conformance.Lab.consume;
import static dev.missive.conformance.Lab.message;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.Consumer;
import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.Position;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.Recorder;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

interface GroupClauses extends Clauses {
  @Test
  @DisplayName(
      "SG01 SG02 each group gets every message; within a group each message goes to one consumer")
  default void groups() {
    Messaging one = lab().open();
    Messaging two = lab().open();
    Recorder first = new Recorder();
    Recorder second = new Recorder();
    Recorder other = new Recorder();
    consume(one, first);
    consume(two, second);
    Lab.started(two.consumer(TOPIC).group("audit").handler(other).build());
    List<String> sent = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      sent.add(one.producer().publish(message("k" + i, "v")).id());
    }

    other.await(500);
    Eventually.await("the group has all", () -> first.runs().size() + second.runs().size() == 500);
    List<String> shared = new ArrayList<>(first.ids());
    shared.addAll(second.ids());
    assertThat(shared).containsExactlyInAnyOrderElementsOf(sent);
    assertThat(other.ids()).containsExactlyInAnyOrderElementsOf(sent);
  }

  @Test
  @DisplayName(
      "SG03 SG04 topics are isolated; one consumer on several topics reports the right one")
  default void several_topics() {
    Messaging messaging = lab().open();
    Recorder seen = new Recorder();
    messaging.topology().declare("lab.elsewhere", GROUP);
    Lab.started(messaging.consumer("lab.a", "lab.b").group(GROUP).handler(seen).build());

    messaging.producer().publish(Message.of("lab.elsewhere", new byte[1]));
    messaging.producer().publish(Message.of("lab.a", new byte[1]));
    messaging.producer().publish(Message.of("lab.b", new byte[1]));

    assertThat(seen.await(2))
        .extracting(Recorder.Run::topic)
        .containsExactlyInAnyOrder("lab.a", "lab.b");
    assertThat(messaging.counters().subscriptions()).hasSize(2);
  }

  @Test
  @DisplayName("SG05 a declared group gets what is published while none of its consumers runs")
  default void absent_consumers() {
    Messaging messaging = lab().open();
    messaging.topology().declare(TOPIC, GROUP);
    messaging.producer().publish(message("k", "before"));
    Recorder seen = new Recorder();
    Consumer consumer = consume(messaging, seen);
    seen.await(1);
    consumer.stop(Duration.ofSeconds(5));
    messaging.producer().publish(message("k", "between"));
    consumer.start();

    seen.await(2);
    assertThat(seen.texts()).containsExactly("before", "between");
  }

  @Test
  @DisplayName("SG06 a new group starts at the earliest message, at a time, or with what comes")
  default void start_position() {
    lab().virtual();
    Messaging messaging = lab().open();
    messaging.topology().declareTopic(TOPIC);
    messaging.producer().publish(message("k", "old"));
    lab().time.advance(Duration.ofMinutes(1));
    Instant then = lab().time.now();
    messaging.producer().publish(message("k", "middle"));
    Recorder earliest = new Recorder();
    Recorder at = new Recorder();
    Recorder latest = new Recorder();

    Lab.started(
        messaging
            .consumer(TOPIC)
            .group("earliest")
            .from(Consumer.EARLIEST)
            .handler(earliest)
            .build());
    Lab.started(messaging.consumer(TOPIC).group("at").from(then).handler(at).build());
    Lab.started(messaging.consumer(TOPIC).group("latest").handler(latest).build());
    messaging.producer().publish(message("k", "new"));

    latest.await(1);
    earliest.await(3);
    at.await(2);
    assertThat(earliest.texts()).containsExactly("old", "middle", "new");
    assertThat(at.texts()).containsExactly("middle", "new");
    assertThat(latest.texts()).containsExactly("new");
  }

  @Test
  @DisplayName(
      "SG07 what is published after ready() arrives, 200 times; ready() stays open while the broker is down")
  default void ready_means_ready() {
    Messaging publisher = lab().open();
    Messaging messaging = lab().open();
    for (int i = 0; i < 200; i++) {
      String topic = "lab.ready." + i;
      Recorder seen = new Recorder();
      Consumer consumer = Lab.started(messaging.consumer(topic).group(GROUP).handler(seen).build());
      publisher.producer().publish(Message.of(topic, new byte[1]));
      seen.await(1);
      consumer.stop(Duration.ofSeconds(1));
    }
    lab().broker.down();
    Messaging waiting = lab().open();
    Consumer consumer = waiting.consumer(TOPIC).group(GROUP).handler(m -> {}).build();
    consumer.start();
    assertThat(consumer.ready().toCompletableFuture()).isNotDone();
  }

  @Test
  @DisplayName("SG08 consumers come and go under load and nothing is lost")
  default void coming_and_going() {
    Messaging messaging = lab().open();
    messaging.topology().declare(TOPIC, GROUP);
    List<String> handled = new CopyOnWriteArrayList<>();
    List<String> sent = new CopyOnWriteArrayList<>();
    Thread load =
        new Thread(
            () -> {
              for (int i = 0; i < 2000; i++) {
                sent.add(messaging.producer().publish(message("k" + i % 20, "v")).id());
              }
            });
    load.start();
    while (load.isAlive()) {
      Consumer consumer = consume(messaging, m -> handled.add(m.id()));
      consumer.stop(Duration.ofSeconds(5));
    }
    consume(messaging, m -> handled.add(m.id()));

    Eventually.await("all handled", () -> handled.size() >= sent.size());
    assertThat(handled).containsExactlyInAnyOrderElementsOf(sent);
  }

  @Test
  @DisplayName("SG09 ten consumers opened and closed at the same time leave the group consumable")
  default void crowd() throws InterruptedException {
    Messaging messaging = lab().open();
    messaging.topology().declare(TOPIC, GROUP);
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      Thread thread = new Thread(() -> consume(messaging, m -> {}).stop(Duration.ofSeconds(5)));
      threads.add(thread);
      thread.start();
    }
    for (Thread thread : threads) {
      thread.join();
    }
    Recorder seen = new Recorder();
    consume(messaging, seen);
    messaging.producer().publish(message("k", "v"));
    seen.await(1);
  }

  @Test
  @DisplayName(
      "SG10 a pattern gets exactly the matching topics, later ones too, and the real topic is reported")
  default void patterns() {
    Messaging messaging = lab().open();
    Recorder one = new Recorder();
    Recorder many = new Recorder();
    Lab.started(messaging.consumer("lab.*.created").group(GROUP).handler(one).build());
    Lab.started(messaging.consumer("lab.>").group("all").retry(Lab.QUICK).handler(many).build());
    messaging.topology().declareTopic("other.topic");

    for (String topic :
        List.of("lab.order.created", "lab.order.x.created", "lab.order.deleted", "other.topic")) {
      messaging.producer().publish(Message.of(topic, new byte[1]));
    }

    assertThat(many.await(3))
        .extracting(Recorder.Run::topic)
        .containsExactly("lab.order.created", "lab.order.x.created", "lab.order.deleted");
    assertThat(one.await(1)).extracting(Recorder.Run::topic).containsExactly("lab.order.created");
  }

  @Test
  @DisplayName(
      "SG11 topic, group, attempt and position are reported; a handler cannot spoil what others see")
  default void reported() {
    Messaging messaging = lab().open();
    Recorder other = new Recorder();
    List<String> texts = new CopyOnWriteArrayList<>();
    Lab.started(messaging.consumer(TOPIC).group("other").handler(other).build());
    consume(
        messaging,
        m -> {
          byte[] payload = m.payload();
          texts.add(m.group() + m.attempt() + new String(payload) + (m.position() != null));
          payload[0] = 'X';
          if (m.attempt() == 1) {
            throw new IllegalStateException("again");
          }
        });
    messaging.producer().publish(message("k", "value"));

    Eventually.await("two runs", () -> texts.size() == 2);
    assertThat(texts.get(0)).isEqualTo("billing1valuetrue");
    assertThat(texts.get(1)).startsWith("billing2value");
    assertThat(other.await(1).get(0).text()).isEqualTo("value");
  }

  @Test
  @DisplayName(
      "SG12 a stopped group can be moved back; an unknown position moves nothing; a running group is refused")
  default void seek() {
    Messaging messaging = lab().open();
    Recorder seen = new Recorder();
    Consumer consumer = consume(messaging, seen);
    List<Position> positions = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      positions.add(messaging.producer().publish(message("k", "m" + i)).position());
    }
    seen.await(5);

    assertThatThrownBy(() -> messaging.topology().seek(TOPIC, GROUP, positions.get(2)))
        .hasMessageContaining("running");
    consumer.stop(Duration.ofSeconds(5));
    assertThatThrownBy(() -> messaging.topology().seek(TOPIC, GROUP, new Position(0, 999)))
        .isInstanceOfSatisfying(
            MessagingException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.POSITION_UNKNOWN));
    messaging.topology().seek(TOPIC, GROUP, positions.get(2));
    consumer.start();

    seen.await(8);
    assertThat(seen.texts().subList(5, 8)).containsExactly("m2", "m3", "m4");
  }

  @Test
  @DisplayName("SG13 a broadcast reaches every subscriber that is there, and leaves nothing behind")
  default void broadcast() {
    Messaging messaging = lab().open();
    Recorder group = new Recorder();
    consume(messaging, group);
    messaging.producer().publish(message("k", "before"));
    List<Recorder> seen = List.of(new Recorder(), new Recorder(), new Recorder());
    List<Consumer> consumers = new ArrayList<>();
    for (Recorder recorder : seen) {
      consumers.add(Lab.started(messaging.consumer(TOPIC).broadcast().handler(recorder).build()));
    }

    messaging.producer().publish(message("k", "now"));

    for (Recorder recorder : seen) {
      recorder.await(1);
      assertThat(recorder.texts()).containsExactly("now");
    }
    group.await(2);
    consumers.forEach(consumer -> consumer.stop(Duration.ofSeconds(5)));
    assertThat(lab().broker.temporaryObjects()).isZero();
  }
}
