package dev.missive.conformance;

import static dev.missive.conformance.Lab.GROUP;
import static dev.missive.conformance.Lab.TOPIC;
import static dev.missive.conformance.Lab.consume;
import static dev.missive.conformance.Lab.message;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.DeadLetters;
import dev.missive.Interceptor;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.Outcome;
import dev.missive.Receipt;
import dev.missive.ReceivedMessage;
import dev.missive.testkit.Recorder;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Clause Z26. */
public interface InterceptorRuntimeClauses extends Clauses {
  @Test
  @DisplayName(
      "Z26 interceptors run in declared order, outside in, see bytes, and may answer themselves")
  default void interceptors() {
    List<String> steps = new CopyOnWriteArrayList<>();
    Messaging messaging =
        lab()
            .open(
                builder -> builder.interceptors(interceptor("a", steps), interceptor("b", steps)));
    Recorder seen =
        new Recorder(
            m -> {
              steps.add("handler " + new String(m.payload()));
              if (m.attempt() == 1) {
                throw new IllegalStateException("mine");
              }
            });
    consume(messaging, seen);
    messaging.producer().publish(message("k", "x"));
    lab().await("acked", () -> messaging.counters().of(TOPIC, GROUP).acked() == 1);
    assertThat(steps)
        .containsExactly(
            "a out x",
            "b out x-a",
            "a in x-a-b",
            "b in x-a-b",
            "handler x-a-b!",
            "b failed mine",
            "a failed mine",
            "a in x-a-b",
            "b in x-a-b",
            "handler x-a-b!",
            "b done",
            "a done");
    assertThat(messaging.producer().publish(message("k", "answered")).id()).isEqualTo("by b");
  }

  @Test
  @DisplayName(
      "Z26 exceptions pass as they were thrown, and what an interceptor answers keeps the handler out")
  default void exceptions_and_answers() {
    List<Throwable> thrown = new CopyOnWriteArrayList<>();
    List<Throwable> passed = new CopyOnWriteArrayList<>();
    Messaging messaging = lab().open(builder -> builder.interceptors(new Guard(passed)));
    Recorder seen = new Recorder(m -> fail(m, thrown));
    consume(messaging, seen);
    for (String text : List.of("fails", "answered", "refused")) {
      messaging.producer().publish(message(text, text));
    }
    lab()
        .await(
            "all settled",
            () ->
                messaging.counters().of(TOPIC, GROUP).acked() == 2
                    && messaging.counters().of(TOPIC, GROUP).deadLettered() == 1);
    assertThat(seen.texts()).as("what came to the handler").containsExactly("fails", "fails");
    assertThat(passed).hasSize(1);
    assertThat(passed.get(0)).isSameAs(thrown.get(0));
    assertThat(passed.get(0).getStackTrace()[0].getMethodName()).isEqualTo("fail");
    try (DeadLetters.Cursor cursor = messaging.deadLetters().open(TOPIC, GROUP)) {
      assertThat(cursor.next(1).get(0).message().payload()).isEqualTo("refused".getBytes());
    }
    assertThatThrownBy(() -> messaging.producer().publish(message("k", "unwanted")))
        .hasStackTraceContaining("not this one")
        .hasStackTraceContaining(Guard.class.getName() + ".aroundPublish");
  }

  private static void fail(ReceivedMessage message, List<Throwable> thrown) {
    if (message.attempt() == 1) {
      thrown.add(new IllegalStateException("mine"));
      throw (IllegalStateException) thrown.get(0);
    }
  }

  /** Answers some messages itself, and notes what others fail with. */
  record Guard(List<Throwable> passed) implements Interceptor {
    @Override
    public CompletionStage<Receipt> aroundPublish(Message message, PublishStep next) {
      if (new String(message.payload()).equals("unwanted")) {
        throw new IllegalArgumentException("not this one");
      }
      return next.proceed(message);
    }

    @Override
    public CompletionStage<Outcome> aroundHandle(ReceivedMessage message, HandleStep next)
        throws Exception {
      return switch (new String(message.payload())) {
        case "answered" -> CompletableFuture.completedFuture(Outcome.ack());
        case "refused" -> CompletableFuture.completedFuture(Outcome.deadLetter("not ours"));
        default -> next.proceed(message).whenComplete((outcome, error) -> note(error));
      };
    }

    private void note(Throwable error) {
      if (error != null) {
        passed.add(error instanceof CompletionException e ? e.getCause() : error);
      }
    }
  }

  private static Interceptor interceptor(String name, List<String> steps) {
    return new Interceptor() {
      @Override
      public CompletionStage<Receipt> aroundPublish(Message message, PublishStep next) {
        String text = new String(message.payload());
        if (name.equals("b") && text.startsWith("answered")) {
          return CompletableFuture.completedFuture(new Receipt("by b", null));
        }
        steps.add(name + " out " + text);
        return next.proceed(message.toBuilder().text(text + "-" + name).build());
      }

      @Override
      public CompletionStage<Outcome> aroundHandle(ReceivedMessage message, HandleStep next)
          throws Exception {
        steps.add(name + " in " + new String(message.payload()));
        ReceivedMessage given =
            name.equals("b")
                ? message.with((new String(message.payload()) + "!").getBytes(), message.headers())
                : message;
        return next.proceed(given)
            .whenComplete(
                (outcome, error) ->
                    steps.add(
                        name
                            + (error == null
                                ? " done"
                                : " failed "
                                    + (error instanceof CompletionException e
                                            ? e.getCause()
                                            : error)
                                        .getMessage())));
      }
    };
  }
}
