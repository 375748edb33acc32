package dev.missive.nats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.missive.Topology;
import dev.missive.Topology.Difference;
import io.nats.client.api.AckPolicy;
import io.nats.client.api.ConsumerConfiguration;
import io.nats.client.api.DiscardPolicy;
import io.nats.client.api.ReplayPolicy;
import io.nats.client.api.RetentionPolicy;
import io.nats.client.api.StorageType;
import io.nats.client.api.StreamConfiguration;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever would change what happens to messages is a mismatch that names the field (S3). */
class NatsTopologyTest {
  private static final Map<String, UnaryOperator<StreamConfiguration.Builder>> STREAMS =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry("subjects", it -> it.subjects("another")),
              Map.entry("retention", it -> it.retentionPolicy(RetentionPolicy.Interest)),
              Map.entry("storage", it -> it.storageType(StorageType.Memory)),
              Map.entry("max_age", it -> it.maxAge(Duration.ofHours(1))),
              Map.entry("num_replicas", it -> it.replicas(3)),
              Map.entry("max_msgs", it -> it.maxMessages(10)),
              Map.entry("max_bytes", it -> it.maxBytes(1000)),
              Map.entry("max_msgs_per_subject", it -> it.maxMessagesPerSubject(1)),
              Map.entry("discard", it -> it.discardPolicy(DiscardPolicy.New)),
              Map.entry("sealed", it -> it.seal()),
              Map.entry("no_ack", it -> it.noAck(true)),
              Map.entry("duplicate_window", it -> it.duplicateWindow(Duration.ofSeconds(1)))));

  private static final Map<String, UnaryOperator<ConsumerConfiguration.Builder>> GROUPS =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry("filter_subject", it -> it.filterSubject("another")),
              Map.entry("ack_policy", it -> it.ackPolicy(AckPolicy.None)),
              Map.entry("ack_wait", it -> it.ackWait(Duration.ofSeconds(1))),
              Map.entry("max_deliver", it -> it.maxDeliver(5)),
              Map.entry("max_ack_pending", it -> it.maxAckPending(1L)),
              Map.entry("deliver_subject", it -> it.deliverSubject("pushed")),
              Map.entry("backoff", it -> it.backoff(Duration.ofSeconds(1))),
              Map.entry("headers_only", it -> it.headersOnly(true)),
              Map.entry("replay_policy", it -> it.replayPolicy(ReplayPolicy.Original)),
              Map.entry("mem_storage", it -> it.memStorage(true)),
              Map.entry("num_replicas", it -> it.numReplicas(1)),
              Map.entry("inactive_threshold", it -> it.inactiveThreshold(Duration.ofDays(1))),
              Map.entry("max_batch", it -> it.maxBatch(10)),
              Map.entry("max_expires", it -> it.maxExpires(Duration.ofSeconds(1))),
              Map.entry("priority_groups", it -> it.priorityGroups("first"))));

  private final NatsTopology topology =
      new NatsTopology(NatsSettingsTest.read(), NatsNames.DEFAULT);
  private final Topology.Plan plan = Topology.Plan.empty().group("orders", "billing");
  private final StreamConfiguration stream =
      topology.streams(plan, true).stream()
          .filter(it -> it.getName().equals("missive-orders"))
          .findFirst()
          .orElseThrow();
  private final NatsTopology.Group group =
      topology.groups(plan).stream()
          .filter(it -> it.stream().equals("missive-orders"))
          .findFirst()
          .orElseThrow();

  static Iterable<String> streams() {
    return STREAMS.keySet();
  }

  static Iterable<String> groups() {
    return GROUPS.keySet();
  }

  @Test
  void what_is_as_wanted_does_not_differ() {
    assertThat(topology.compare(stream, stream)).isEmpty();
    assertThat(topology.compare(group, group.config())).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("streams")
  void a_stream_that_was_changed_differs_in(String field) {
    StreamConfiguration live =
        STREAMS.get(field).apply(StreamConfiguration.builder(stream)).build();

    assertDiffers(topology.compare(stream, live), "stream missive-orders", field);
  }

  @ParameterizedTest
  @MethodSource("groups")
  void a_group_that_was_changed_differs_in(String field) {
    ConsumerConfiguration live =
        GROUPS.get(field).apply(ConsumerConfiguration.builder(group.config())).build();

    assertDiffers(topology.compare(group, live), group.describe(), field);
  }

  @Test
  void a_stream_of_an_older_server_lacks_batches() {
    List<Difference> found =
        topology.compare(
            stream, StreamConfiguration.builder(stream).allowAtomicPublish(false).build());

    assertThat(found)
        .extracting(Difference::field, Difference::kind)
        .containsExactly(tuple("allow_atomic", Difference.Kind.MISSING));
  }

  private static void assertDiffers(List<Difference> found, String object, String field) {
    assertThat(found)
        .extracting(Difference::object, Difference::field, Difference::kind)
        .containsExactly(tuple(object, field, Difference.Kind.DIFFERENT));
  }
}
