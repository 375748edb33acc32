package dev.missive.conformance;

import static dev.missive.conformance.Lab.GROUP;
import static dev.missive.conformance.Lab.TOPIC;
import static dev.missive.conformance.Lab.consume;
import static dev.missive.conformance.Lab.message;
import static org.assertj.core.api.Assertions.assertThat;

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
