package dev.missive.nats;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Messaging;
import dev.missive.Receipt;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** In which order the runtime and the subscriptions hear of a connection. */
@Tag("broker")
class NatsReconnectTest {
  private static final String ATTACHED = "attached";

  private final NatsSpy spy = new NatsSpy();

  /** A request that goes out earlier names the reply address of the connection that is gone. */
  @Test
  void it_is_reported_when_all_subscriptions_have_it() {
    try (LiveBroker own = LiveBrokers.start(Brokers.nats().withProcess().withProxy());
        NatsLab lab = new NatsLab(own)) {
      Messaging messaging = lab.open(builder -> builder.providers(spy));
      messaging.topology().declare(lab.topic, NatsLab.GROUP);
      spy.made().followers().add(new Slow());

      own.node().proxy().orElseThrow().cut();

      Eventually.await("it is reported", () -> spy.events.contains("CONNECTED"));
      Eventually.await("it is attached", () -> spy.events.contains(ATTACHED));
      assertThat(spy.events).containsSubsequence("RECONNECTING", ATTACHED, "CONNECTED");
    }
  }

  /** jnats gives a server up for good after 60 failed attempts, and closes itself. */
  @Test
  void a_server_that_stays_away_for_longer_than_jnats_would_try_is_found_again() {
    Queue<String> got = new ConcurrentLinkedQueue<>();
    try (LiveBroker own = LiveBrokers.start(Brokers.nats().withProcess());
        NatsLab lab = new NatsLab(own)) {
      Messaging messaging =
          lab.open(
              builder ->
                  builder
                      .providers(spy)
                      .setting("nats.retry-delay-max", "1s")
                      .setting("producer.deadline", "120s"));
      lab.start(messaging, message -> got.add(NatsLab.text(message)));
      spy.hurry.set(true);

      own.node().kill();
      Eventually.await("200 failed attempts", Duration.ofMinutes(1), () -> failed() > 200);
      spy.hurry.set(false);
      CompletionStage<Receipt> waiting =
          messaging.producer().publishAsync(lab.message("meanwhile"));
      own.node().start();

      Eventually.await(
          "it is stored and comes", Duration.ofMinutes(1), () -> got.contains("meanwhile"));
      waiting.toCompletableFuture().orTimeout(120, TimeUnit.SECONDS).join();
    }
  }

  /** A loss is reported like this too, once. */
  private long failed() {
    return spy.events.stream().filter("RECONNECTING"::equals).count() - 1;
  }

  /** A subscription that takes its time, unless it is too late anyway. */
  private final class Slow implements NatsFollower {
    @Override
    public void attach(NatsLink to) {
      try {
        spy.reported.await(1, TimeUnit.SECONDS);
        spy.events.add(ATTACHED);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    @Override
    public void detach(NatsLink from) {}

    @Override
    public CompletionStage<Void> ready() {
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public String address() {
      return "";
    }

    @Override
    public void pause() {}

    @Override
    public void resume() {}

    @Override
    public CompletionStage<Void> stop() {
      return ready();
    }

    @Override
    public CompletionStage<Void> close() {
      return ready();
    }
  }
}
