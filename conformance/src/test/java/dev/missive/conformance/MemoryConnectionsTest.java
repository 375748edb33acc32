package dev.missive.conformance;

import static dev.missive.conformance.MemoryClient.failureOf;
import static dev.missive.conformance.MemoryClient.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.MessagingException;
import dev.missive.Position;
import dev.missive.PublishException.Outcome;
import dev.missive.Topology;
import dev.missive.conformance.MemoryClient.Flow;
import dev.missive.conformance.MemoryClient.Sent;
import dev.missive.spi.BrokerContext.Link;
import dev.missive.spi.Destination;
import dev.missive.spi.Sender;
import dev.missive.spi.Subscription.Kind;
import dev.missive.spi.Time;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.MemoryBroker;
import dev.missive.testkit.VirtualTime;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How clients of the in-memory broker come, go and fail, and what tests can do to them. */
final class MemoryConnectionsTest {
  private static final String TOPIC = "memory.orders";
  private static final String GROUP = "billing";
  private static final Topology.Plan PLAN = Topology.Plan.empty().group(TOPIC, GROUP);
  private static final Duration LONG = Duration.ofMinutes(1);

  private final String name = "memory-" + System.nanoTime();
  private final MemoryBroker memory = MemoryBroker.named(name);
  private final VirtualTime time = new VirtualTime();
  private final List<MemoryClient> clients = new ArrayList<>();

  @AfterEach
  void close() {
    memory.unhang();
    clients.forEach(MemoryClient::close);
    memory.close();
  }

  // ---- closing

  @Test
  void closing_answers_every_send_that_is_held_once() {
    MemoryClient client = open("a");
    memory.withholdConfirms();
    Sent stored = client.publish(message("stored"));
    CompletionStage<List<Position>> batch = client.publishAll(List.of(message("batch")));
    Eventually.await("stored", () -> memory.waitingIds(TOPIC, GROUP).size() == 2);

    client.close();

    assertThat(stored.failure().outcome()).isEqualTo(Outcome.UNKNOWN);
    assertThat(failureOf(batch).outcome()).isEqualTo(Outcome.UNKNOWN);
    memory.releaseConfirms();
    assertThat(stored.results).hasValue(1);
  }

  @Test
  void a_send_after_close_is_answered_on_another_thread() {
    MemoryClient client = open("a");
    Sender sender = client.broker.sender(LONG);
    client.close();

    Sent late = MemoryClient.send(sender, new Destination.Topic(TOPIC), message("late"));

    assertThat(late.failure().code()).isEqualTo(ErrorCode.BROKER_UNREACHABLE);
    assertThat(late.failure().outcome()).isEqualTo(Outcome.NOT_STORED);
    assertThat(late.thread).isNotSameAs(Thread.currentThread());
    assertThat(late.results).hasValue(1);
  }

  @Test
  void questions_and_subscriptions_after_close_are_answered() {
    MemoryClient client = open("a");
    client.close();

    assertThatThrownBy(() -> client.declare(PLAN)).isInstanceOf(MessagingException.class);
    assertThatThrownBy(() -> get(client.broker.connect())).hasMessageContaining("closed");
    assertThatThrownBy(() -> client.subscribe(Kind.GROUP, TOPIC, GROUP, 1))
        .hasMessageContaining("closed");
  }

  @Test
  void a_second_close_waits_for_the_first() {
    MemoryClient client = open("a");
    memory.hang();
    Sent queued = client.publish(message("queued"));
    CompletionStage<Void> first = client.broker.close(LONG);
    CompletionStage<Void> second = client.broker.close(LONG);

    assertThat(second.toCompletableFuture()).isNotDone();
    time.advance(LONG);

    get(first);
    get(second);
    assertThat(queued.failure().outcome()).isEqualTo(Outcome.NOT_STORED);
  }

  @Test
  void a_closed_client_leaves_no_timer_behind() {
    MemoryClient client = open("a");
    memory.drop();
    Eventually.await("it will come back", () -> client.links.contains(Link.RECONNECTING));
    Eventually.await("later", () -> time.pending() == 1);

    client.close();

    Eventually.await("no timer", () -> time.pending() == 0);
  }

  // ---- defects around it

  @Test
  void a_message_that_throws_fails_alone_and_the_client_goes_on() {
    MemoryClient client = open("a");
    Message broken =
        (Message)
            Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {Message.class},
                (proxy, method, arguments) -> {
                  throw new IllegalStateException("a message that breaks its contract");
                });

    Sent sent = client.send(new Destination.Topic(TOPIC), broken);

    assertThat(sent.failure().code()).isEqualTo(ErrorCode.INTERNAL);
    assertThat(client.publish(message("next")).position().offset()).isZero();
  }

  @Test
  void a_result_and_a_listener_that_throw_harm_nobody_else() {
    MemoryClient client = open("a");
    Flow flow = client.subscribe(Kind.GROUP, TOPIC, GROUP, 10);
    flow.throwing.set(1);
    Sent thrower =
        new Sent() {
          @Override
          public void stored(int partition, long offset) {
            super.stored(partition, offset);
            throw new IllegalStateException("a result that breaks its contract");
          }
        };
    client.broker.sender(LONG).send(new Destination.Topic(TOPIC), message("first"), null, thrower);
    thrower.position();

    client.publish(message("second")).position();

    Eventually.await("both", () -> flow.deliveries.size() == 2);
    assertThat(flow.ids()).containsExactly("first", "second");
  }

  // ---- clocks

  @Test
  void waits_before_reconnecting_follow_the_seed() {
    assertThat(waits(7)).isEqualTo(waits(7)).isNotEqualTo(waits(8));
  }

  private List<Duration> waits(int seed) {
    Waits recorded = new Waits(time);
    MemoryClient client =
        MemoryClient.open(name, "seeded", recorded, "memory.seed", Integer.toString(seed));
    clients.add(client);
    memory.down();
    Eventually.await("the first attempt is set", () -> !recorded.waits.isEmpty());
    while (recorded.waits.size() < 5) {
      time.advance(Duration.ofSeconds(1));
    }
    client.close();
    memory.up();
    return List.copyOf(recorded.waits).subList(0, 5);
  }

  @Test
  void delayed_messages_do_not_wait_for_the_clock_of_a_client_that_has_gone() {
    MemoryClient staying = open("staying");
    VirtualTime other = new VirtualTime();
    MemoryClient going = MemoryClient.open(name, "going", other);
    clients.add(going);
    Flow flow = staying.subscribe(Kind.GROUP, TOPIC, GROUP, 10);
    Sent sent = new Sent();
    Instant due = time.now().plusSeconds(5);
    staying.broker.sender(LONG).send(new Destination.Topic(TOPIC), message("later"), due, sent);
    sent.position();

    going.close();
    time.advance(Duration.ofSeconds(5));

    Eventually.await("delivered", () -> flow.deliveries.size() == 1);
  }

  // ---- alarms

  @Test
  void whoever_comes_during_an_alarm_is_told() {
    open("a");
    memory.block();
    MemoryClient late = open("late");

    Eventually.await("told", () -> late.links.contains(Link.BLOCKED));
    Sent held = late.publish(message("held"));
    assertThat(memory.waitingIds(TOPIC, GROUP)).isEmpty();
    memory.unblock();
    held.position();
    Eventually.await("told again", () -> late.links.size() == 2);
    assertThat(late.links).containsExactly(Link.BLOCKED, Link.CONNECTED);
  }

  @Test
  void a_send_that_is_held_and_let_go_at_once_has_one_result() {
    MemoryClient client = open("a");
    memory.hang();
    memory.block();
    Sent sent = client.publish(message("held"));
    memory.unblock();

    memory.unhang();

    sent.position();
    get(client.broker.admin().depth(new Destination.Group(TOPIC, GROUP)));
    assertThat(sent.results).hasValue(1);
  }

  // ---- the control room

  @Test
  void one_client_can_be_cut_by_its_name() {
    MemoryClient victim = open("victim");
    MemoryClient other = open("other");

    memory.drop("vic");

    Eventually.await("cut", () -> victim.links.contains(Link.RECONNECTING));
    assertThat(memory.connections()).isEqualTo(1);
    other.publish(message("still here")).position();
    assertThat(other.links).isEmpty();
  }

  @Test
  void subscriptions_of_a_group_are_counted() {
    MemoryClient client = open("a");
    assertThat(memory.subscriptions(TOPIC, GROUP)).isZero();
    Flow first = client.subscribe(Kind.GROUP, TOPIC, GROUP, 1);
    client.subscribe(Kind.GROUP, TOPIC, GROUP, 1);
    assertThat(memory.subscriptions(TOPIC, GROUP)).isEqualTo(2);

    get(first.subscription().close());

    assertThat(memory.subscriptions(TOPIC, GROUP)).isEqualTo(1);
    assertThat(memory.subscriptions("memory.missing", GROUP)).isZero();
  }

  @Test
  void stored_messages_can_be_read_whole() {
    MemoryClient client = open("a");
    Message sent =
        Message.builder(TOPIC)
            .id("whole")
            .type("order.created")
            .key("k")
            .text("payload")
            .header("tenant", "blue")
            .build();
    client.publish(sent).position();
    client.send(new Destination.DeadLetters(TOPIC, GROUP), sent).position();

    for (List<Message> found :
        List.of(
            memory.topicMessages(TOPIC),
            memory.waitingMessages(TOPIC, GROUP),
            memory.deadLetterMessages(TOPIC, GROUP))) {
      assertThat(found).hasSize(1);
      Message message = found.get(0);
      assertThat(message.id()).isEqualTo("whole");
      assertThat(message.type()).isEqualTo("order.created");
      assertThat(message.key()).isEqualTo(sent.key());
      assertThat(message.payload()).isEqualTo(sent.payload());
      assertThat(message.headers()).containsEntry("tenant", "blue");
    }
    assertThat(memory.topicMessages("memory.missing")).isEmpty();
  }

  @Test
  void a_stored_message_can_be_handed_out_twice() {
    MemoryClient client = open("a");
    client.publish(message("waiting")).position();
    client.publish(message("next")).position();
    memory.deliverTwice(1);

    Flow flow = client.subscribe(Kind.GROUP, TOPIC, GROUP, 10);

    Eventually.await("three deliveries", () -> flow.deliveries.size() == 3);
    assertThat(flow.ids()).containsExactlyInAnyOrder("waiting", "next", "waiting");
    assertThat(memory.topicIds(TOPIC)).containsExactly("waiting", "next");
    flow.deliveries.forEach(delivery -> delivery.ack());
    Eventually.await("all settled", () -> memory.inFlight(TOPIC, GROUP) == 0);
    assertThat(memory.waitingIds(TOPIC, GROUP)).isEmpty();
  }

  @Test
  void a_closed_broker_lets_go_of_everything() {
    MemoryClient client = open("a");
    client.publish(message("gone")).position();

    memory.close();

    Eventually.await("cut", () -> client.links.contains(Link.RECONNECTING));
    time.advance(LONG);
    assertThat(client.links).doesNotContain(Link.CONNECTED);
    MemoryBroker another = MemoryBroker.named(name);
    assertThat(another.hasTopic(TOPIC)).isFalse();
    MemoryClient fresh = open("fresh");
    assertThat(another.connections()).isEqualTo(1);
    fresh.close();
    another.close();
  }

  private MemoryClient open(String client, String... settings) {
    MemoryClient made = MemoryClient.open(name, client, time, settings);
    clients.add(made);
    made.declare(PLAN);
    return made;
  }

  private static Message message(String id) {
    return Message.builder(TOPIC).id(id).text("x").build();
  }

  /** Remembers what it was asked to wait for. */
  private record Waits(VirtualTime clock, List<Duration> waits) implements Time {
    Waits(VirtualTime clock) {
      this(clock, new CopyOnWriteArrayList<>());
    }

    @Override
    public Instant now() {
      return clock.now();
    }

    @Override
    public long nanos() {
      return clock.nanos();
    }

    @Override
    public Runnable schedule(Duration after, Runnable task) {
      waits.add(after);
      return clock.schedule(after, task);
    }

    @Override
    public Runnable watch(LongSupplier activity) {
      return clock.watch(activity);
    }
  }
}
