package dev.missive.conformance.mutants;

import static dev.missive.conformance.mutants.Mutant.broker;
import static dev.missive.conformance.mutants.Mutant.runtime;
import static dev.missive.conformance.mutants.Tap.on;

import dev.missive.ErrorCode;
import dev.missive.Handler;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.Producer;
import dev.missive.PublishException;
import dev.missive.PublishResult;
import dev.missive.Receipt;
import dev.missive.Topology;
import dev.missive.spi.Broker;
import dev.missive.spi.Destination;
import dev.missive.spi.Sender;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/** What P01 to P15 must catch. */
final class PublishMutants {
  private static final Class<Destination.Topic> TOPIC = Destination.Topic.class;
  private static final int MOST = 999_000;

  private PublishMutants() {}

  static List<Mutant> all() {
    return List.of(
        broker(
            "P01",
            "confirms before it stores, and then does not",
            () -> Sends.lost(TOPIC, m -> true)),
        broker(
            "P02",
            "makes an absent payload an empty one",
            () ->
                Sends.changed(TOPIC, m -> m.payload() == null ? Edit.payload(m, new byte[0]) : m)),
        broker("P02", "cuts a payload to 999,000 bytes", PublishMutants::cutting),
        broker(
            "P03",
            "mixes up the values of many headers",
            () -> Sends.changed(TOPIC, PublishMutants::mixed)),
        broker(
            "P03",
            "trims the values of headers",
            () -> Sends.changed(TOPIC, PublishMutants::trimmed)),
        broker(
            "P03",
            "forgets headers",
            () -> Sends.changed(TOPIC, m -> Edit.part(m, "headers", Map.of()))),
        broker(
            "P04",
            "makes an absent key an empty one",
            () -> Sends.changed(TOPIC, m -> m.key() == null ? Edit.key(m, new byte[0]) : m)),
        broker(
            "P05",
            "stores timestamps in whole seconds",
            () ->
                Sends.changed(
                    TOPIC,
                    m ->
                        m.timestamp() == null
                            ? m
                            : Edit.part(
                                m, "timestamp", m.timestamp().truncatedTo(ChronoUnit.SECONDS)))),
        broker("P06", "swaps two messages of a key", () -> Sends.swapping(1)),
        broker("P07", "loses every hundredth message", () -> Sends.lost(TOPIC, Sends.every(100))),
        runtime("P07", "runs every hundredth message twice", PublishMutants::runningTwice),
        runtime("P08", "hands out receipts after close", () -> receiptInsteadOf(ErrorCode.CLOSED)),
        broker(
            "P09",
            "loses every tenth message that it confirmed",
            () -> Sends.lost(TOPIC, Sends.every(10))),
        broker("P09", "says NOT_STORED of what it has stored", PublishMutants::lying),
        runtime(
            "P09",
            "takes three times as long to close as it may",
            () ->
                on(
                    Messaging.class,
                    "close",
                    call ->
                        call.has(Duration.class)
                            ? call.with(Duration.class, call.arg(Duration.class).multipliedBy(3))
                                .proceed()
                            : call.proceed())),
        broker("P10", "creates topics that nobody declared", PublishMutants::creating),
        runtime(
            "P11",
            "gives a receipt for an oversize message",
            () -> receiptInsteadOf(ErrorCode.TOO_LARGE)),
        runtime(
            "P12",
            "has a window of twice the configured size",
            () ->
                on(
                    Messaging.Builder.class,
                    "open",
                    call -> {
                      call.target(Messaging.Builder.class).setting("producer.window", "20");
                      return call.proceed();
                    })),
        runtime("P13", "returns failures before successes", PublishMutants::sorted),
        runtime("P14", "publishes the good half of a batch", PublishMutants::half),
        broker("P15", "forgets the ids it has seen", Sends::withoutDedup),
        broker(
            "P15",
            "takes a retry copy for a duplicate",
            () -> Sends.lost(Destination.Group.class, m -> true)));
  }

  private static Tap cutting() {
    return Sends.changed(
        TOPIC,
        m -> {
          byte[] payload = m.payload();
          return payload == null || payload.length <= MOST
              ? m
              : Edit.payload(m, Arrays.copyOf(payload, MOST));
        });
  }

  private static Message mixed(Message message) {
    String first = message.headers().get("h0");
    return first == null ? message : Edit.header(message, "h1", first);
  }

  private static Message trimmed(Message message) {
    Map<String, String> headers = new HashMap<>(message.headers());
    headers.replaceAll((name, value) -> value.strip());
    return Edit.part(message, "headers", Map.copyOf(headers));
  }

  private static Tap runningTwice() {
    AtomicInteger number = new AtomicInteger();
    return on(
        Handler.class,
        "handle",
        call -> {
          if (number.incrementAndGet() % 100 == 0) {
            call.proceed();
          }
          return call.proceed();
        });
  }

  private static Tap receiptInsteadOf(ErrorCode code) {
    return on(
        Producer.class,
        "publish",
        call -> {
          try {
            return call.proceed();
          } catch (MessagingException e) {
            if (e.code() == code) {
              return new Receipt(call.arg(Message.class).id(), null);
            }
            throw e;
          }
        });
  }

  private static Tap lying() {
    AtomicInteger number = new AtomicInteger();
    return on(
        Sender.Result.class,
        "stored",
        call -> {
          if (number.incrementAndGet() % 10 != 0) {
            return call.proceed();
          }
          call.target(Sender.Result.class)
              .failed(Sends.failure(ErrorCode.TOPIC_MISSING, PublishException.Outcome.NOT_STORED));
          return null;
        });
  }

  private static Tap creating() {
    AtomicReference<Broker> broker = new AtomicReference<>();
    return call -> {
      if (call.type() == Broker.class) {
        broker.set(call.target(Broker.class));
      }
      if (!call.is(Sender.class, "send") || !call.has(TOPIC)) {
        return call.proceed();
      }
      String topic = call.arg(TOPIC).topic();
      broker
          .get()
          .admin()
          .declare(Topology.Plan.empty().topic(topic))
          .whenComplete((done, error) -> call.beside());
      return null;
    };
  }

  private static Tap sorted() {
    return on(
        Producer.class,
        "publishBatch",
        call -> {
          List<PublishResult> results = new ArrayList<>();
          for (Object each : (List<?>) call.proceed()) {
            results.add((PublishResult) each);
          }
          results.sort(Comparator.comparing(PublishResult::stored));
          return results;
        });
  }

  private static Tap half() {
    return on(
        Producer.class,
        "publishAtomically",
        call -> {
          try {
            return call.proceed();
          } catch (MessagingException e) {
            List<Message> messages = new ArrayList<>();
            for (Object each : (List<?>) call.args()[0]) {
              messages.add((Message) each);
            }
            call.target(Producer.class).publishBatch(messages);
            throw e;
          }
        });
  }
}
