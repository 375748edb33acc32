package dev.missive.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.Capability;
import dev.missive.Consumer;
import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.Ordering;
import dev.missive.Position;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;

/** Using what a broker cannot do must be refused, before the broker sees anything. */
final class Refusals {
  private Refusals() {}

  /** Counts what the broker sees; so nobody else may use it meanwhile. */
  static void assertUnseen(Lab lab, Messaging messaging, Capability capability) {
    lab.run("declaring", () -> messaging.topology().declare(lab.topic(), lab.group()));
    Optional<Control.Operations> operations = lab.part(Control.Operations.class);
    long before = operations.map(Control.Operations::operations).orElse(1L);
    assertThat(before).as("operations at the broker after a declaration").isPositive();

    assertFails(lab, messaging, capability);

    operations.ifPresent(
        control ->
            assertThat(control.operations())
                .as("operations at the broker after %s was refused", capability)
                .isEqualTo(before));
  }

  static void assertRefused(Lab lab, Messaging messaging, Capability capability) {
    lab.run("declaring", () -> messaging.topology().declare(lab.topic(), lab.group()));
    assertFails(lab, messaging, capability);
  }

  private static void assertFails(Lab lab, Messaging messaging, Capability capability) {
    assertThatThrownBy(() -> lab.run("using " + capability, () -> use(lab, messaging, capability)))
        .as("what happens when %s is used, which the broker has not", capability)
        .isInstanceOfSatisfying(
            MessagingException.class,
            e ->
                assertThat(e.code())
                    .as("code of the refusal of %s", capability)
                    .isEqualTo(ErrorCode.CAPABILITY_MISSING))
        .hasMessageContaining(capability.name());
  }

  private static void use(Lab lab, Messaging messaging, Capability capability) {
    Message.Builder message = Message.builder(lab.topic()).key("k").text("refused");
    Consumer.Builder consumer = messaging.consumer(lab.topic()).group(lab.group("refused"));
    consumer.handler(m -> {});
    switch (capability) {
      case KEY_ORDER, DEDUP -> consumer.require(capability).build().start();
      case ORDERED_RETRY -> consumer.ordering(Ordering.KEY).build().start();
      case DELAY -> publish(messaging, message.delay(Duration.ofSeconds(5)));
      case TTL -> publish(messaging, message.timeToLive(Duration.ofSeconds(5)));
      case PRIORITY -> publish(messaging, message.priority(3));
      case START_POSITION -> consumer.from(Consumer.EARLIEST).build().start();
      case SEEK -> messaging.topology().seek(lab.topic(), lab.group(), new Position(0, 0));
      case WILDCARD ->
          messaging.consumer(lab.topic("*")).group("refused").handler(m -> {}).build().start();
      case BROADCAST ->
          messaging.consumer(lab.topic()).broadcast().handler(m -> {}).build().start();
      case REQUEST -> request(messaging, message.build());
      case ATOMIC_BATCH -> messaging.producer().publishAtomically(List.of(message.build()));
    }
  }

  private static void publish(Messaging messaging, Message.Builder message) {
    messaging.producer().publish(message.build());
  }

  private static void request(Messaging messaging, Message message) {
    try {
      messaging.requester().request(message, Duration.ofSeconds(1)).toCompletableFuture().join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof MessagingException cause) {
        throw cause;
      }
      throw e;
    }
  }
}
