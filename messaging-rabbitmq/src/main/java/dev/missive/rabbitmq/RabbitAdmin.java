package dev.missive.rabbitmq;

import com.rabbitmq.client.Channel;
import dev.missive.Topology;
import dev.missive.spi.Admin;
import dev.missive.spi.Destination;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Topology of one client, on a thread of its own. Thread-safe. */
final class RabbitAdmin implements Admin {
  private final RabbitConnection connection;
  private final RabbitSettings settings;
  private final RabbitNames names;
  private final Loop loop;

  /** By the name of the queue: what was declared of its group, and over which link. */
  private final Map<String, Declared> declared = new ConcurrentHashMap<>();

  private record Declared(Topology.Entry entry, RabbitLink link) {}

  RabbitAdmin(
      RabbitConnection connection,
      RabbitSettings settings,
      RabbitNames names,
      ThreadFactory threads) {
    this.connection = connection;
    this.settings = settings;
    this.names = names;
    this.loop = new Loop(threads);
  }

  /** Something to ask the broker. */
  @FunctionalInterface
  private interface Question<T extends @Nullable Object> {
    T ask(RabbitLink link) throws IOException, TimeoutException;
  }

  @Override
  public CompletionStage<List<Topology.Difference>> compare(Topology.Plan plan) {
    return ask(
        "comparing the topology",
        link -> new RabbitTopology(link, settings.queueType, names).compare(plan));
  }

  @Override
  public CompletionStage<Void> declare(Topology.Plan plan) {
    return ask(
            "declaring the topology",
            link -> {
              declare(link, plan);
              return plan;
            })
        .thenAccept(done -> {});
  }

  private void declare(RabbitLink link, Topology.Plan plan) throws IOException, TimeoutException {
    new RabbitTopology(link, settings.queueType, names).declare(plan);
    for (Topology.Entry entry : plan.entries()) {
      if (entry.group() != null) {
        declared.put(names.queue(entry.topic(), entry.group()), new Declared(entry, link));
      }
    }
  }

  /**
   * Declares over a new link what this client has declared of a group over an earlier one:
   * exchange, bindings and dead letters may be gone while its queue stands (semantics S23). One
   * whose queue is gone is for the runtime, which says what that may have cost. Blocks.
   *
   * @param queue that of the group
   * @throws IOException also if the queue is gone
   */
  void restore(RabbitLink link, String queue) throws IOException {
    Declared known = declared.get(queue);
    if (known == null || known.link == link) {
      return;
    }
    try (Channel channel = link.channel()) {
      channel.queueDeclarePassive(queue);
      declare(link, Topology.Plan.empty().with(known.entry));
    } catch (TimeoutException e) {
      throw new IOException(e);
    }
  }

  @Override
  public CompletionStage<Topology.Depth> depth(Destination of) {
    String queue = names.queueOf(of);
    return ask("counting " + queue, link -> depth(link, queue));
  }

  void close() {
    loop.close();
  }

  private Topology.Depth depth(RabbitLink link, String queue) throws IOException, TimeoutException {
    long inFlight =
        connection.subscriptions().stream()
            .filter(subscription -> subscription.queue().equals(queue))
            .mapToLong(RabbitSubscription::inFlight)
            .sum();
    try (Channel channel = link.channel()) {
      long waiting = channel.messageCount(queue);
      return new Topology.Depth(waiting, inFlight, null, connection.time().now(), unrouted(link));
    }
  }

  /** Also where others declared: no link of a client that joins queues ever does. */
  private static List<String> unrouted(RabbitLink link) throws IOException, TimeoutException {
    try (Channel channel = link.channel()) {
      long lost = channel.messageCount(DelayCascade.UNROUTED);
      return lost == 0
          ? List.of()
          : List.of(
              lost
                  + " delayed messages lie in the queue "
                  + DelayCascade.UNROUTED
                  + ": nothing was bound to their topic or group when they were due");
    } catch (IOException e) {
      if (RabbitErrors.isMissing(e)) {
        return List.of();
      }
      throw e;
    }
  }

  private <T> CompletionStage<T> ask(String what, Question<T> question) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    boolean taken =
        loop.submit(
            next -> {
              RabbitLink link = connection.link();
              if (link == null) {
                answer.completeExceptionally(
                    RabbitErrors.unreachable(what + " failed: there is no connection", null));
                return;
              }
              try {
                answer.complete(question.ask(link));
              } catch (IOException | TimeoutException | RuntimeException e) {
                answer.completeExceptionally(RabbitErrors.ordering(e, what));
              }
            });
    if (!taken) {
      answer.completeExceptionally(
          RabbitErrors.unreachable(what + " failed: the client was closed", null));
    }
    return answer;
  }
}
