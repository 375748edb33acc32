package dev.missive.core.manage;

import static java.util.Objects.requireNonNull;

import dev.missive.Capability;
import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.Position;
import dev.missive.Topology;
import dev.missive.core.config.TopologyMode;
import dev.missive.core.connect.Await;
import dev.missive.core.connect.Connection;
import dev.missive.core.publish.Names;
import dev.missive.spi.Broker.Traits;
import dev.missive.spi.Destination;
import dev.missive.spi.Seeker;
import dev.missive.spi.Time;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Topology through the adapter's admin. Thread-safe. */
public final class RuntimeTopology implements Topology {
  private final Connection connection;
  private final Time time;
  private final TopologyMode mode;

  /**
   * Makes one.
   *
   * @param connection the connection
   * @param time the clock
   * @param mode what starting a consumer does
   */
  public RuntimeTopology(Connection connection, Time time, TopologyMode mode) {
    this.connection = connection;
    this.time = time;
    this.mode = mode;
  }

  @Override
  public void declare(String topic, String group) {
    requireNonNull(topic, "topic");
    apply(Plan.empty().group(topic, group));
  }

  @Override
  public void declareTopic(String topic) {
    apply(Plan.empty().topic(requireNonNull(topic, "topic")));
  }

  @Override
  public List<Difference> plan(Plan wanted) {
    check(wanted, connection.require());
    return await(connection.broker().admin().compare(wanted), "comparing the topology");
  }

  @Override
  public void apply(Plan wanted) {
    check(wanted, connection.require());
    await(connection.broker().admin().declare(wanted), "declaring the topology");
  }

  @Override
  public void seek(String topic, String group, Position position) {
    requireNonNull(position, "position");
    Names.topic(topic);
    Names.group(group);
    connection.check(connection.require(), Capability.SEEK, "seek");
    Seeker seeker =
        connection
            .broker()
            .unwrap(Seeker.class)
            .orElseThrow(
                () ->
                    new MessagingException(
                        ErrorCode.INTERNAL, "the adapter declares SEEK and has no Seeker"));
    await(seeker.seek(topic, group, position), "seeking");
  }

  @Override
  public Depth depth(String topic, String group) {
    Names.group(group);
    connection.require();
    return await(
        connection.broker().admin().depth(new Destination.Group(topic, group)), "measuring depth");
  }

  /**
   * What starting a consumer does, by the mode of the settings.
   *
   * @param topic the topic or pattern
   * @param group the group; null for a broadcast
   * @param keyOrder whether it keeps order per key over its instances
   * @param from where a new group starts; null = with what is published from now on
   * @return when it stands; exceptional if it differs, or may not be made
   */
  public CompletionStage<Void> declareForConsumer(
      String topic, @Nullable String group, boolean keyOrder, @Nullable Instant from) {
    Plan plan = Plan.empty().with(new Entry(topic, group, keyOrder, from));
    return switch (mode) {
      case NONE -> CompletableFuture.completedFuture(null);
      case DECLARE -> connection.broker().admin().declare(plan);
      case VERIFY ->
          connection
              .broker()
              .admin()
              .compare(plan)
              .thenAccept(
                  differences -> {
                    List<Difference> real =
                        differences.stream()
                            .filter(d -> d.kind() != Difference.Kind.UNSEEN)
                            .toList();
                    if (!real.isEmpty()) {
                      throw mismatch(real);
                    }
                  });
    };
  }

  private static MessagingException mismatch(List<Difference> differences) {
    return new MessagingException(
        ErrorCode.TOPOLOGY_MISMATCH,
        "topology.mode is VERIFY and the broker differs: "
            + differences.stream()
                .map(
                    d ->
                        d.object()
                            + (d.field().isEmpty() ? "" : " " + d.field())
                            + " want "
                            + d.want()
                            + " have "
                            + d.have())
                .collect(Collectors.joining("; ")));
  }

  private void check(Plan wanted, Traits traits) {
    for (Entry entry : wanted.entries()) {
      if (Names.isPattern(entry.topic())) {
        Names.pattern(entry.topic());
        connection.check(traits, Capability.WILDCARD, "the pattern " + entry.topic());
      } else {
        Names.topic(entry.topic());
      }
      if (entry.group() != null) {
        Names.group(entry.group());
      }
      if (entry.keyOrder()) {
        connection.check(
            traits, Capability.KEY_ORDER, "the group " + entry.group() + " with order per key");
      }
      if (entry.from() != null) {
        connection.check(traits, Capability.START_POSITION, "the start of group " + entry.group());
      }
    }
  }

  private <T> T await(CompletionStage<T> stage, String what) {
    return Await.result(stage, connection.settings().answering(), time, what);
  }
}
