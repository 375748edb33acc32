package dev.missive.conformance;

import static dev.missive.conformance.Lab.GROUP;
import static dev.missive.conformance.Lab.TOPIC;
import static dev.missive.conformance.Lab.consumeWith;
import static dev.missive.conformance.Lab.message;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.*;
import dev.missive.testkit.Eventually;
import dev.missive.testkit.FakeHandler;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.*;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

interface RequestClauses extends Clauses {
  private Message ask(String text) {
    return message("k", text);
  }

  @Test
  @DisplayName("Q01 a request reaches the responder and its reply the caller")
  default void reply() throws Exception {
    Messaging messaging = lab().open();
    List<String> addresses = new CopyOnWriteArrayList<>();
    consumeWith(
        messaging,
        builder ->
            builder.replyHandler(
                request -> {
                  addresses.add(String.valueOf(request.replyTo()));
                  return request
                      .reply()
                      .text("re: " + new String(request.payload()))
                      .header("h", "1")
                      .build();
                }));

    ReceivedMessage reply =
        messaging
            .requester()
            .request(
                Message.builder(TOPIC).text("hi").correlationId("mine").build(),
                Duration.ofSeconds(10))
            .toCompletableFuture()
            .get();

    assertThat(new String(reply.payload())).isEqualTo("re: hi");
    assertThat(reply.correlationId()).isEqualTo("mine");
    assertThat(reply.headers()).containsEntry("h", "1");
    assertThat(addresses.get(0)).isNotEqualTo("null");
  }

  @Test
  @DisplayName(
      "Q02 an unanswered request times out; one that is pending fails at once when the connection is lost")
  default void unanswered() {
    lab().virtual();
    Messaging messaging = lab().open();
    messaging.topology().declare(TOPIC, GROUP);
    CompletableFuture<ReceivedMessage> late =
        messaging.requester().request(ask("a"), Duration.ofSeconds(5)).toCompletableFuture();
    lab().time.advance(Duration.ofMillis(4999));
    assertThat(late).isNotDone();
    lab().time.advance(Duration.ofMillis(2));
    assertThatThrownBy(late::join).hasMessageContaining("MSG-REPLY-TIMEOUT");

    CompletableFuture<ReceivedMessage> pending =
        messaging.requester().request(ask("b"), Duration.ofHours(1)).toCompletableFuture();
    lab().time.settle();
    lab().broker.drop();
    Eventually.await("it failed", pending::isDone);
    assertThatThrownBy(pending::join)
        .hasMessageContaining("MSG-REPLY-TIMEOUT")
        .hasMessageContaining("connection was lost");
  }

  @Test
  @DisplayName("Q03 Q05 replies in another order, and to several requesters, reach whoever asked")
  default void matched() {
    Messaging responder = lab().open();
    List<Messaging> askers =
        List.of(
            lab().open("application", "one"),
            lab().open("application", "one"),
            lab().open("application", "two"));
    consumeWith(
        responder,
        builder ->
            builder
                .concurrency(20)
                .replyHandler(
                    request -> {
                      int number = Integer.parseInt(new String(request.payload()).split(" ")[1]);
                      Eventually.await(
                          "its turn", Duration.ofMillis(1 + number % 7), () -> number % 2 == 0);
                      return request.reply().text(new String(request.payload())).build();
                    })
                .retry(Lab.QUICK));
    Map<String, CompletableFuture<ReceivedMessage>> asked = new LinkedHashMap<>();
    for (int i = 0; i < 60; i += 2) {
      for (int a = 0; a < askers.size(); a++) {
        String text = "from" + a + " " + i;
        asked.put(
            text,
            askers
                .get(a)
                .requester()
                .request(Message.builder(TOPIC).text(text).build(), Duration.ofSeconds(20))
                .toCompletableFuture());
      }
    }
    asked.forEach((text, reply) -> assertThat(new String(reply.join().payload())).isEqualTo(text));
  }

  @Test
  @DisplayName("Q04 a late reply resolves no later request")
  default void late_reply() {
    Messaging messaging = lab().open();
    FakeHandler.Blocking gate = FakeHandler.blocking();
    consumeWith(
        messaging,
        builder ->
            builder
                .concurrency(2)
                .replyHandler(
                    request -> {
                      if (new String(request.payload()).equals("slow")) {
                        gate.handle(request);
                      }
                      return request.reply().text("re: " + new String(request.payload())).build();
                    }));
    Requester requester = messaging.requester();
    CompletableFuture<ReceivedMessage> slow =
        requester
            .request(Message.builder(TOPIC).text("slow").build(), Duration.ofMillis(50))
            .toCompletableFuture();
    assertThatThrownBy(slow::join).hasMessageContaining("MSG-REPLY-TIMEOUT");
    gate.release();
    assertThat(
            new String(
                requester
                    .request(Message.builder(TOPIC).text("fast").build(), Duration.ofSeconds(10))
                    .toCompletableFuture()
                    .join()
                    .payload()))
        .isEqualTo("re: fast");
  }

  @Test
  @DisplayName(
      "Z15 the responder's failure reaches the caller as MSG-REMOTE-FAILED with its class name")
  default void remote_failure() {
    Messaging messaging = lab().open();
    consumeWith(
        messaging,
        builder ->
            builder.replyHandler(
                request -> {
                  throw new UnsupportedOperationException("payload-canary");
                }));
    assertThatThrownBy(
            () ->
                messaging
                    .requester()
                    .request(ask("x"), Duration.ofSeconds(10))
                    .toCompletableFuture()
                    .join())
        .hasMessageContaining("MSG-REMOTE-FAILED")
        .hasMessageContaining("java.lang.UnsupportedOperationException")
        .hasMessageNotContaining("payload-canary");
  }
}
