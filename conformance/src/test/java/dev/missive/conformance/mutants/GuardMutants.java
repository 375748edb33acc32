package dev.missive.conformance.mutants;

import static dev.missive.conformance.mutants.Mutant.broker;
import static dev.missive.conformance.mutants.Mutant.runtime;
import static dev.missive.conformance.mutants.Tap.on;

import dev.missive.ErrorCode;
import dev.missive.Handler;
import dev.missive.Interceptor;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.Outcome;
import dev.missive.PauseException;
import dev.missive.Receipt;
import dev.missive.ReceivedMessage;
import dev.missive.spi.Broker;
import dev.missive.spi.BrokerContext;
import dev.missive.spi.BrokerProvider;
import dev.missive.spi.Destination;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;

/** What Z17 to Z34 must catch. */
final class GuardMutants {
  private static final Class<Destination.Topic> TOPIC = Destination.Topic.class;
  private static final Duration LONG = Duration.ofMillis(300);

  private GuardMutants() {}

  static List<Mutant> all() {
    return List.of(
        runtime(
            "Z17",
            "leaves out interceptors",
            () ->
                on(
                    Messaging.Builder.class,
                    "interceptors",
                    call -> call.wrapper().result(call.target(), call))),
        runtime(
            "Z18", "skips a message whose state is not known", () -> intercepting(Forgiving::new)),
        runtime("Z19", "takes its time to say how it is", GuardMutants::slow),
        runtime("Z20", "counts an acknowledgement twice", LifecycleMutants::miscounting),
        broker(
            "Z23",
            "loses correlation ids",
            () -> Sends.changed(TOPIC, m -> Edit.part(m, "correlationId", null))),
        broker("Z24", "logs payloads", GuardMutants::logging),
        broker("Z24", "shows its password when it is refused", GuardMutants::indiscreet),
        runtime("Z25", "drops messages of an unknown type", GuardMutants::droppingUnknown),
        runtime(
            "Z20",
            "counts no failed run",
            () -> LifecycleMutants.counting(LifecycleMutants::noneFailed)),
        runtime("Z26", "runs interceptors from the inside out", GuardMutants::insideOut),
        runtime(
            "Z26", "throws its own exception instead of that of a handler", GuardMutants::retold),
        runtime(
            "Z26", "handles what an interceptor has answered", () -> intercepting(Insistent::new)),
        broker(
            "Z27",
            "takes every payload for text",
            () -> Sends.changed(TOPIC, m -> Edit.part(m, "contentType", "text/plain"))),
        runtime(
            "Z28",
            "takes any adapter for one that is missing",
            () -> openingInSpiteOf(ErrorCode.PROVIDER_MISSING)),
        broker("Z29", "is the same broker under all names", GuardMutants::shared),
        runtime("Z30", "declares what it only plans", FaultMutants::planning),
        runtime(
            "Z31",
            "opens in spite of wrong settings",
            () -> openingInSpiteOf(ErrorCode.CONFIG_INVALID)),
        runtime(
            "Z32",
            "unwraps to what it is not",
            () -> on(Messaging.class, "unwrap", call -> Optional.of(Thread.currentThread()))),
        runtime("Z33", "lets all consumers fail with one", GuardMutants::contagious),
        runtime("Z34", "takes a pause for a failed run", GuardMutants::tireless),
        runtime(
            "Z34",
            "takes a pause of an interceptor for a failed run",
            () -> intercepting(Tireless::new)));
  }

  private static Tap intercepting(UnaryOperator<Interceptor> defect) {
    return on(
        Messaging.Builder.class,
        "interceptors",
        call -> {
          Interceptor[] all = (Interceptor[]) call.args()[0];
          call.args()[0] = Arrays.stream(all).map(defect).toArray(Interceptor[]::new);
          return call.proceed();
        });
  }

  /** Acknowledges whatever fails. */
  private record Forgiving(Interceptor inner) implements Interceptor {
    @Override
    public CompletionStage<Receipt> aroundPublish(Message message, PublishStep next) {
      return inner.aroundPublish(message, next);
    }

    @Override
    public CompletionStage<Outcome> aroundHandle(ReceivedMessage message, HandleStep next)
        throws Exception {
      return inner.aroundHandle(message, next).exceptionally(error -> Outcome.ack());
    }
  }

  /** Goes on where the interceptor did not. */
  private record Insistent(Interceptor inner) implements Interceptor {
    @Override
    public CompletionStage<Receipt> aroundPublish(Message message, PublishStep next) {
      return inner.aroundPublish(message, next);
    }

    @Override
    public CompletionStage<Outcome> aroundHandle(ReceivedMessage message, HandleStep next)
        throws Exception {
      AtomicBoolean went = new AtomicBoolean();
      CompletionStage<Outcome> answer =
          inner.aroundHandle(
              message,
              given -> {
                went.set(true);
                return next.proceed(given);
              });
      return went.get() ? answer : next.proceed(message);
    }
  }

  /** Knows no pause. */
  private record Tireless(Interceptor inner) implements Interceptor {
    @Override
    public CompletionStage<Outcome> aroundHandle(ReceivedMessage message, HandleStep next)
        throws Exception {
      try {
        return inner.aroundHandle(message, next);
      } catch (PauseException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private static Tap retold() {
    return on(
        Handler.class,
        "handle",
        call -> {
          try {
            return call.proceed();
          } catch (IllegalStateException e) {
            throw new IllegalStateException(e.getMessage());
          }
        });
  }

  private static Tap slow() {
    return on(
        Messaging.class,
        "health",
        call -> {
          long end = System.nanoTime() + LONG.toNanos();
          while (System.nanoTime() - end < 0) {
            LockSupport.parkNanos(end - System.nanoTime());
          }
          return call.proceed();
        });
  }

  private static Tap logging() {
    return Sends.to(
        TOPIC,
        call -> {
          System.getLogger("dev.missive.mutant")
              .log(Level.DEBUG, "sending {0}", Edit.text(call.arg(Message.class)));
          return call.proceed();
        });
  }

  private static Tap indiscreet() {
    AtomicReference<BrokerContext> context = new AtomicReference<>();
    return call -> {
      if (call.is(BrokerProvider.class, "create")) {
        context.set(call.arg(BrokerContext.class));
      }
      if (!call.is(Broker.class, "connect")) {
        return call.proceed();
      }
      return ((CompletionStage<?>) call.proceed())
          .exceptionally(
              error -> {
                throw new MessagingException(
                    ErrorCode.AUTH,
                    "refused with "
                        + context.get().credential("memory.password").orElseThrow().get());
              });
    };
  }

  private static Tap droppingUnknown() {
    return on(
        Handler.class,
        "handle",
        call -> {
          try {
            return call.proceed();
          } catch (MessagingException e) {
            if (e.code() == ErrorCode.TYPE_UNKNOWN) {
              return null;
            }
            throw e;
          }
        });
  }

  private static Tap insideOut() {
    return on(
        Messaging.Builder.class,
        "interceptors",
        call -> {
          List<Interceptor> all = Arrays.asList(((Interceptor[]) call.args()[0]).clone());
          Collections.reverse(all);
          call.args()[0] = all.toArray(Interceptor[]::new);
          return call.proceed();
        });
  }

  private static Tap openingInSpiteOf(ErrorCode code) {
    return on(
        Messaging.Builder.class,
        "open",
        call -> {
          try {
            return call.proceed();
          } catch (MessagingException e) {
            if (e.code() == code) {
              return Messaging.builder().setting("broker", "memory").open();
            }
            throw e;
          }
        });
  }

  private static Tap shared() {
    String name = "shared-" + UUID.randomUUID();
    return call ->
        call.type() == BrokerContext.class
                && call.args().length > 0
                && call.args()[0].equals("memory.name")
            ? name
            : call.proceed();
  }

  private static Tap contagious() {
    AtomicBoolean failed = new AtomicBoolean();
    return on(
        Handler.class,
        "handle",
        call -> {
          if (failed.get()) {
            throw new IllegalStateException("another consumer has failed");
          }
          try {
            return call.proceed();
          } catch (RuntimeException e) {
            failed.set(true);
            throw e;
          }
        });
  }

  private static Tap tireless() {
    return on(
        Handler.class,
        "handle",
        call -> {
          try {
            return call.proceed();
          } catch (PauseException e) {
            throw new IllegalStateException(e);
          }
        });
  }
}
