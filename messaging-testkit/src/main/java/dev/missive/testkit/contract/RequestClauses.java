package dev.missive.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.Capability;
import dev.missive.Messaging;
import dev.missive.ReceivedMessage;
import dev.missive.Requester;
import dev.missive.testkit.FakeHandler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Clauses Q01 to Q05. */
public interface RequestClauses {
  /** Asks beside the test: the first request of a connection waits for its reply address. */
  private static CompletableFuture<ReceivedMessage> ask(
      Lab lab, Messaging messaging, String key, String text, Duration timeout) {
    return lab.call(
        "asking",
        () -> messaging.requester().request(lab.message(key, text), timeout).toCompletableFuture());
  }

  /**
   * Q01.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("version")
  @DisplayName("Q01 a request reaches the responder and its reply the caller")
  default void reply(Lab lab) {
    lab.needs(Capability.REQUEST);
    Messaging messaging = lab.open();
    List<String> addresses = new CopyOnWriteArrayList<>();
    lab.consumeWith(
        messaging,
        builder ->
            builder.replyHandler(
                request -> {
                  addresses.add(String.valueOf(request.replyTo()));
                  return request.reply().text("re: " + Lab.text(request)).header("h", "1").build();
                }));

    ReceivedMessage reply =
        lab.join(
            lab.call(
                "asking",
                () ->
                    messaging
                        .requester()
                        .request(
                            lab.message("hi").toBuilder().correlationId("mine").build(),
                            Duration.ofSeconds(20))));

    assertThat(Lab.text(reply)).isEqualTo("re: hi");
    assertThat(reply.correlationId()).isEqualTo("mine");
    assertThat(reply.headers()).containsEntry("h", "1");
    assertThat(addresses).hasSize(1).doesNotContain("null", "");
  }

  /**
   * Q02.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("version")
  @DisplayName("Q02 an unanswered request times out, and not before its time")
  default void unanswered(Lab lab) {
    lab.needs(Capability.REQUEST);
    Messaging messaging = lab.open();
    lab.run("declaring", () -> messaging.topology().declare(lab.topic(), lab.group()));
    CompletableFuture<ReceivedMessage> late = ask(lab, messaging, "k", "a", Duration.ofSeconds(4));
    lab.pass(Duration.ofMillis(1500));
    assertThat(late).as("the request, before its timeout").isNotDone();
    lab.await("the timeout", Duration.ofSeconds(4).plus(lab.slack()), late::isDone);
    assertThatThrownBy(late::join).hasMessageContaining("MSG-REPLY-TIMEOUT");
  }

  /**
   * Q02.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("fault")
  @DisplayName(
      "Q02 a pending request fails at once when the connection is lost, and the next is answered")
  default void connection_lost(Lab lab) {
    lab.needs(Capability.REQUEST);
    Control.Cut cut = lab.control(Control.Cut.class);
    Messaging messaging = lab.open();
    lab.run("declaring", () -> messaging.topology().declare(lab.topic(), lab.group()));
    CompletableFuture<ReceivedMessage> pending = ask(lab, messaging, "k", "b", Duration.ofHours(1));
    lab.await("the request is stored", () -> messaging.counters().publishing().stored() == 1);

    cut.cut();

    lab.await("it failed", pending::isDone);
    assertThatThrownBy(pending::join)
        .hasMessageContaining("MSG-REPLY-TIMEOUT")
        .hasMessageContaining("connection was lost");
    // Asked while the connection is being made again: the reply comes to the new one.
    CompletableFuture<ReceivedMessage> again =
        ask(lab, messaging, "k", "c", Duration.ofSeconds(60));
    lab.consumeWith(
        messaging,
        builder ->
            builder.replyHandler(
                request -> request.reply().text("re: " + Lab.text(request)).build()));
    assertThat(Lab.text(lab.join(again))).isEqualTo("re: c");
  }

  /**
   * Q03.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("version")
  @DisplayName("Q03 two requests answered in reverse order each get their own reply")
  default void reversed(Lab lab) {
    lab.needs(Capability.REQUEST);
    Messaging messaging = lab.open();
    CountDownLatch second = new CountDownLatch(1);
    lab.consumeWith(
        messaging,
        builder ->
            builder
                .concurrency(2)
                .replyHandler(
                    request -> {
                      if (Lab.text(request).equals("first")) {
                        second.await(20, TimeUnit.SECONDS);
                      }
                      return request.reply().text("re: " + Lab.text(request)).build();
                    }));
    CompletableFuture<ReceivedMessage> one =
        ask(lab, messaging, "k1", "first", Duration.ofSeconds(20));
    CompletableFuture<ReceivedMessage> two =
        ask(lab, messaging, "k2", "second", Duration.ofSeconds(20));

    assertThat(Lab.text(lab.join(two))).isEqualTo("re: second");
    assertThat(one).isNotDone();
    second.countDown();
    assertThat(Lab.text(lab.join(one))).isEqualTo("re: first");
  }

  /**
   * Q05.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("version")
  @DisplayName("Q05 several requesters, of one and of several applications, each get their replies")
  default void matched(Lab lab) {
    lab.needs(Capability.REQUEST);
    Messaging responder = lab.open();
    List<Messaging> askers =
        List.of(
            lab.open("application", lab.application("one")),
            lab.open("application", lab.application("one")),
            lab.open("application", lab.application("two")));
    lab.consumeWith(
        responder,
        builder ->
            builder
                .concurrency(20)
                .replyHandler(request -> request.reply().text(Lab.text(request)).build()));
    Map<String, CompletableFuture<ReceivedMessage>> asked = new LinkedHashMap<>();
    for (int i = 0; i < 30; i++) {
      for (int a = 0; a < askers.size(); a++) {
        String text = "from" + a + " " + i;
        asked.put(text, ask(lab, askers.get(a), "k" + i, text, Duration.ofSeconds(30)));
      }
    }
    List<String> wrong = new ArrayList<>();
    asked.forEach(
        (text, reply) -> {
          String got = Lab.text(lab.join(reply));
          if (!got.equals(text)) {
            wrong.add(text + " got " + got);
          }
        });
    assertThat(wrong).isEmpty();
  }

  /**
   * Q04.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("version")
  @DisplayName("Q04 a late reply resolves no later request")
  default void late_reply(Lab lab) {
    lab.needs(Capability.REQUEST);
    Messaging messaging = lab.open();
    FakeHandler.Blocking gate = FakeHandler.blocking();
    lab.consumeWith(
        messaging,
        builder ->
            builder
                .concurrency(2)
                .replyHandler(
                    request -> {
                      if (Lab.text(request).equals("slow")) {
                        gate.handle(request);
                      }
                      return request.reply().text("re: " + Lab.text(request)).build();
                    }));
    Requester requester = messaging.requester();
    CompletableFuture<ReceivedMessage> slow =
        ask(lab, messaging, "k1", "slow", Duration.ofMillis(300));
    lab.await("the timeout", slow::isDone);
    assertThatThrownBy(slow::join).hasMessageContaining("MSG-REPLY-TIMEOUT");
    gate.release();
    assertThat(messaging.requester()).isSameAs(requester);
    assertThat(Lab.text(lab.join(ask(lab, messaging, "k2", "fast", Duration.ofSeconds(20)))))
        .as("the reply to the later request")
        .isEqualTo("re: fast");
  }
}
