package dev.missive.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.Consumer;
import dev.missive.ConsumerState;
import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.NotRetryableException;
import dev.missive.testkit.FakeHandler;
import dev.missive.testkit.MemoryBroker;
import dev.missive.testkit.Recorder;
import dev.missive.testkit.VirtualTime;
import dev.missive.testkit.junit.Awaiting;
import dev.missive.testkit.junit.MessagingTest;
import dev.missive.testkit.junit.Records;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** The extension, used as the tests of an application use it. */
@MessagingTest(settings = "application = shop")
final class MessagingTestTest {
  private static final Duration SHORT = Duration.ofMillis(200);

  private static final List<Messaging> USED = new CopyOnWriteArrayList<>();
  private static final List<MemoryBroker> BROKERS = new CopyOnWriteArrayList<>();

  private Messaging before;

  @BeforeEach
  void remember(Messaging messaging, MemoryBroker broker) {
    before = messaging;
    USED.add(messaging);
    BROKERS.add(broker);
  }

  @AfterAll
  static void everything_is_closed() {
    assertThat(USED).isNotEmpty().doesNotHaveDuplicates();
    assertThat(USED)
        .allSatisfy(
            messaging ->
                assertThatThrownBy(() -> messaging.producer().publish(Message.of("after", null)))
                    .isInstanceOfSatisfying(
                        MessagingException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.CLOSED)));
    assertThat(BROKERS)
        .allSatisfy(
            broker -> {
              assertThat(broker.connections()).isZero();
              assertThat(broker.hasTopic("after")).isFalse();
            });
  }

  @AfterEach
  void is_still_open(Messaging messaging) {
    assertThat(messaging.health()).isNotNull();
    messaging.topology().declare("after", "each");
  }

  @Test
  void all_methods_of_a_test_share_one_connection(Messaging messaging, MemoryBroker broker) {
    assertThat(messaging).isSameAs(before);

    Lab.consume(messaging, message -> {});

    assertThat(broker.connections()).isEqualTo(1);
    assertThat(broker.hasTopic(Lab.TOPIC)).isTrue();
  }

  @RepeatedTest(2)
  void each_test_has_a_broker_of_its_own(Messaging messaging, MemoryBroker broker) {
    assertThat(broker.hasTopic(Lab.TOPIC)).isFalse();

    messaging.topology().declare(Lab.TOPIC, Lab.GROUP);

    assertThat(broker.hasTopic(Lab.TOPIC)).isTrue();
  }

  @Test
  void settings_of_the_annotation_are_in_force(Messaging messaging) {
    assertThat(messaging.configuration())
        .anyMatch(one -> one.key().equals("application") && "shop".equals(one.value()))
        .anyMatch(one -> one.key().equals("broker") && "memory".equals(one.value()));
  }

  @Test
  @MessagingTest(settings = "application=other")
  void an_annotation_on_the_method_wins(Messaging messaging) {
    assertThat(messaging.configuration())
        .anyMatch(one -> one.key().equals("application") && "other".equals(one.value()));
  }

  @Test
  void a_recorder_records_what_is_published(
      Messaging messaging,
      @Records("orders") Recorder orders,
      @Records({"orders", "bills"}) Recorder all,
      @Records(value = "orders", group = "second") Recorder second) {
    messaging.producer().publish(Message.builder("orders").text("one").build());
    messaging.producer().publish(Message.builder("bills").text("two").build());

    assertThat(orders.await(1)).extracting(Recorder.Run::text).containsExactly("one");
    assertThat(second.await(1)).extracting(Recorder.Run::group).containsExactly("second");
    assertThat(all.await(2)).extracting(Recorder.Run::text).containsOnly("one", "two");
  }

  @Test
  void a_plain_recorder_is_bound_by_the_test(
      Messaging messaging, Recorder recorder, Awaiting awaiting) {
    Lab.consume(messaging, recorder);

    messaging.producer().publish(Lab.message("a", "hello"));

    awaiting.asserted(() -> assertThat(recorder.texts()).containsExactly("hello"));
  }

  @Test
  void waits_until_a_group_has_settled_everything(
      Messaging messaging, MemoryBroker broker, Awaiting awaiting) {
    FakeHandler.Blocking handler = FakeHandler.blocking();
    Lab.consume(messaging, handler);
    messaging.producer().publish(Lab.message("a", "hello"));
    handler.awaitEntered();

    assertThatThrownBy(() -> awaiting.atMost(SHORT).settled(Lab.TOPIC, Lab.GROUP))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("billing to settle everything of lab.orders");
    handler.release();
    awaiting.settled(Lab.TOPIC, Lab.GROUP);

    assertThat(broker.inFlight(Lab.TOPIC, Lab.GROUP)).isZero();
  }

  @Test
  void a_group_that_does_not_exist_has_not_settled(Messaging messaging, Awaiting awaiting) {
    assertThatThrownBy(() -> awaiting.settled(Lab.TOPIC, "nobody"))
        .isInstanceOf(MessagingException.class);
  }

  @Test
  void waits_for_dead_letters(Messaging messaging, Awaiting awaiting) {
    Lab.consume(
        messaging,
        message -> {
          throw new NotRetryableException("broken");
        });

    String id = messaging.producer().publish(Lab.message("a", "hello")).id();

    assertThat(awaiting.deadLetters(Lab.TOPIC, Lab.GROUP, 1)).containsExactly(id);
  }

  @Test
  void the_last_failure_is_what_an_assertion_throws(Awaiting awaiting) {
    AtomicInteger count = new AtomicInteger();

    assertThatThrownBy(
            () ->
                awaiting
                    .atMost(SHORT)
                    .asserted(() -> assertThat(count.incrementAndGet()).isNegative()))
        .isInstanceOf(AssertionError.class)
        .satisfies(e -> assertThat(e.getSuppressed()).isNotEmpty());
    assertThat(count).hasValueGreaterThan(1);
  }

  @Test
  @MessagingTest(virtualTime = true)
  void a_virtual_clock_spares_the_waits_of_retries(
      Messaging messaging, VirtualTime time, Awaiting awaiting) {
    Recorder recorder = new Recorder(FakeHandler.failing(2));
    Consumer consumer = messaging.consumer(Lab.TOPIC).group(Lab.GROUP).handler(recorder).build();
    Lab.started(consumer);
    messaging.producer().publish(Lab.message("a", "hello"));
    recorder.await(1);

    assertThatThrownBy(() -> awaiting.atMost(SHORT).settled(Lab.TOPIC, Lab.GROUP))
        .hasMessageContaining("virtual");
    time.advance(Duration.ofMinutes(1));

    assertThat(recorder.runs()).extracting(Recorder.Run::attempt).isEqualTo(List.of(1, 2, 3));
    awaiting.settled(Lab.TOPIC, Lab.GROUP);
    assertThat(consumer.state()).isEqualTo(ConsumerState.RUNNING);
  }
}
