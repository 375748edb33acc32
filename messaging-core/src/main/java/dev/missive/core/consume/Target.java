package dev.missive.core.consume;

import dev.missive.BatchHandler;
import dev.missive.ErrorCode;
import dev.missive.Interceptor;
import dev.missive.Interceptor.HandleStep;
import dev.missive.MessagingException;
import dev.missive.Outcome;
import dev.missive.ReceivedMessage;
import dev.missive.core.publish.CurrentMessage;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Where messages go in the end: the handler with its interceptors, for one message or for a batch.
 * Thread-safe.
 */
abstract class Target {

  /** Hands the messages over; one stage per message, in order. Never throws. */
  abstract List<CompletionStage<Outcome>> handle(List<Held> messages);

  /** Hands one message over. Never throws. */
  abstract CompletionStage<Outcome> handle(Held message);

  static Target single(List<Interceptor> interceptors, HandleStep handler) {
    HandleStep step = Pipeline.around(interceptors, handler);
    return new Target() {
      @Override
      List<CompletionStage<Outcome>> handle(List<Held> messages) {
        return List.of(handle(messages.get(0)));
      }

      @Override
      CompletionStage<Outcome> handle(Held message) {
        try {
          return step.proceed(message);
        } catch (Throwable t) {
          return CompletableFuture.failedFuture(t);
        }
      }
    };
  }

  static Target batch(List<Interceptor> interceptors, BatchHandler handler) {
    return new Batch(interceptors, handler);
  }

  /**
   * Each message passes the interceptors by itself; those that come through meet in the handler. An
   * interceptor knows which message it publishes for, the handler of many does not.
   */
  private static final class Batch extends Target {
    private static final Logger LOG = System.getLogger(BatchHandler.class.getName());

    private final List<Interceptor> interceptors;
    private final BatchHandler handler;

    Batch(List<Interceptor> interceptors, BatchHandler handler) {
      this.interceptors = interceptors;
      this.handler = handler;
    }

    @Override
    CompletionStage<Outcome> handle(Held message) {
      return handle(List.of(message)).get(0);
    }

    @Override
    List<CompletionStage<Outcome>> handle(List<Held> messages) {
      List<ReceivedMessage> through = new ArrayList<>(messages.size());
      List<CompletableFuture<Outcome>> outcomes = new ArrayList<>(messages.size());
      HandleStep last =
          message -> {
            CompletableFuture<Outcome> outcome = new CompletableFuture<>();
            through.add(Objects.requireNonNull(message, "the message an interceptor passed on"));
            outcomes.add(outcome);
            return outcome;
          };
      HandleStep step = Pipeline.around(interceptors, last);
      List<CompletionStage<Outcome>> stages = new ArrayList<>(messages.size());
      for (Held message : messages) {
        CurrentMessage.set(message);
        try {
          stages.add(step.proceed(message));
        } catch (Throwable t) {
          stages.add(CompletableFuture.failedFuture(t));
        }
      }
      CurrentMessage.set(null);
      if (!through.isEmpty()) {
        run(List.copyOf(through), outcomes);
      }
      return stages;
    }

    private void run(List<ReceivedMessage> messages, List<CompletableFuture<Outcome>> outcomes) {
      List<Outcome> results;
      try {
        // A copy: here the methods of the list may fail, and nobody changes it any more.
        results = new ArrayList<>(returned(handler.handle(messages)));
      } catch (Throwable t) {
        outcomes.forEach(outcome -> outcome.completeExceptionally(t));
        return;
      }
      int given = results.size();
      if (given != messages.size()) {
        LOG.log(
            Level.WARNING,
            "a batch handler returned {0} outcomes for {1} messages; those without an outcome are retried. Return one outcome per message",
            given,
            messages.size());
      }
      for (int i = 0; i < outcomes.size(); i++) {
        if (i < given) {
          outcomes.get(i).complete(results.get(i));
        } else {
          outcomes
              .get(i)
              .completeExceptionally(
                  new MessagingException(
                      ErrorCode.CONFIG_INVALID,
                      "the batch handler returned "
                          + given
                          + " outcomes for "
                          + messages.size()
                          + " messages"));
        }
      }
    }

    private static List<Outcome> returned(@Nullable List<Outcome> outcomes) {
      if (outcomes == null) {
        throw new MessagingException(
            ErrorCode.CONFIG_INVALID,
            "the batch handler returned null instead of outcomes. Return one outcome per message");
      }
      return outcomes;
    }
  }
}
