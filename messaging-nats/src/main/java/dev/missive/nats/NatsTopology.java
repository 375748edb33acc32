package dev.missive.nats;

import dev.missive.Topology;
import dev.missive.Topology.Difference;
import io.nats.client.api.AckPolicy;
import io.nats.client.api.ConsumerConfiguration;
import io.nats.client.api.DeliverPolicy;
import io.nats.client.api.DiscardPolicy;
import io.nats.client.api.ReplayPolicy;
import io.nats.client.api.RetentionPolicy;
import io.nats.client.api.StreamConfiguration;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What topics and groups are at the server, and how what is there differs. Immutable. */
final class NatsTopology {
  private static final Duration EPHEMERAL = Duration.ofMinutes(5);
  private static final long UNLIMITED = -1;
  private static final int AS_ITS_STREAM = 0;

  /** What streams lack that were made by a server before 2.12.1. */
  private static final String ALLOW_ATOMIC = "allow_atomic";

  private final NatsSettings settings;
  private final NatsNames names;

  NatsTopology(NatsSettings settings, NatsNames names) {
    this.settings = settings;
    this.names = names;
  }

  /** A consumer that belongs to a group. */
  record Group(String stream, String name, ConsumerConfiguration config) {
    String describe() {
      return "consumer " + name + " of stream " + stream;
    }
  }

  static String describe(StreamConfiguration stream) {
    return "stream " + stream.getName();
  }

  /**
   * Streams of a plan, dead letters first.
   *
   * @param atomic whether the server has atomic batches
   */
  List<StreamConfiguration> streams(Topology.Plan plan, boolean atomic) {
    Map<String, StreamConfiguration> streams = new LinkedHashMap<>();
    for (Topology.Entry entry : plan.entries()) {
      if (entry.group() != null) {
        add(streams, queue(names.deadLetterStream(), names.deadLetterPrefix()));
        add(streams, queue(names.directStream(), names.directPrefix()));
      }
    }
    for (Topology.Entry entry : plan.entries()) {
      add(streams, topic(entry.topic(), atomic));
    }
    return List.copyOf(streams.values());
  }

  private static void add(Map<String, StreamConfiguration> to, StreamConfiguration stream) {
    to.putIfAbsent(stream.getName(), stream);
  }

  private StreamConfiguration topic(String topic, boolean atomic) {
    // Limits: a work queue forbids a second group, interest drops what comes before the first.
    return stream(names.stream(topic), names.subject(topic), RetentionPolicy.Limits)
        .maxAge(settings.maxAge)
        .duplicateWindow(window())
        .allowAtomicPublish(atomic)
        .build();
  }

  /** The server allows no window longer than messages are kept. */
  private Duration window() {
    boolean shorter =
        !settings.maxAge.isZero() && settings.maxAge.compareTo(settings.dedupWindow) < 0;
    return shorter ? settings.maxAge : settings.dedupWindow;
  }

  private StreamConfiguration queue(String name, String prefix) {
    return stream(name, prefix + ".>", RetentionPolicy.WorkQueue).build();
  }

  private StreamConfiguration.Builder stream(
      String name, String subject, RetentionPolicy retention) {
    return StreamConfiguration.builder()
        .name(name)
        .subjects(subject)
        .retentionPolicy(retention)
        .storageType(settings.storage.type())
        .replicas(settings.replicas);
  }

  /** Consumers of a plan: dead letters first, then what waits for one group, then the topic. */
  List<Group> groups(Topology.Plan plan) {
    List<Group> groups = new ArrayList<>();
    for (Topology.Entry entry : plan.entries()) {
      String topic = entry.topic();
      String group = entry.group();
      if (group == null) {
        continue;
      }
      String shared = names.shared(topic, group);
      groups.add(group(names.deadLetterStream(), shared, names.deadLetters(topic, group), all()));
      groups.add(group(names.directStream(), shared, names.direct(topic, group), all()));
      groups.add(
          group(
              names.stream(topic),
              names.consumer(topic, group),
              names.subject(topic),
              from(entry.from())));
    }
    return groups;
  }

  private static ConsumerConfiguration.Builder all() {
    return ConsumerConfiguration.builder().deliverPolicy(DeliverPolicy.All);
  }

  private static ConsumerConfiguration.Builder from(@Nullable Instant from) {
    if (from == null) {
      return ConsumerConfiguration.builder().deliverPolicy(DeliverPolicy.New);
    } else if (!from.isAfter(Instant.EPOCH)) {
      return all();
    }
    return ConsumerConfiguration.builder()
        .deliverPolicy(DeliverPolicy.ByStartTime)
        .startTime(from.atZone(ZoneOffset.UTC));
  }

  /** The same for a group that is to get all its stream has; a start of its own stays. */
  static ConsumerConfiguration fromTheBeginning(ConsumerConfiguration config) {
    return config.getDeliverPolicy() == DeliverPolicy.New
        ? ConsumerConfiguration.builder(config).deliverPolicy(DeliverPolicy.All).build()
        : config;
  }

  private Group group(
      String stream, String name, String subject, ConsumerConfiguration.Builder start) {
    return new Group(stream, name, settle(start.durable(name), subject).build());
  }

  /** The consumer of a broadcast: from a sequence on, and gone some time after its client. */
  ConsumerConfiguration ephemeral(String topic, long from) {
    return settle(ConsumerConfiguration.builder(), names.subject(topic))
        .deliverPolicy(DeliverPolicy.ByStartSequence)
        .startSequence(from)
        .inactiveThreshold(EPHEMERAL)
        .build();
  }

  /** Never a limit of deliveries: at it the server abandons the message without a word. */
  private ConsumerConfiguration.Builder settle(ConsumerConfiguration.Builder on, String subject) {
    return on.filterSubject(subject)
        .ackPolicy(AckPolicy.Explicit)
        .ackWait(settings.ackWait)
        .maxDeliver(UNLIMITED)
        .maxAckPending(settings.maxAckPending);
  }

  // ---- comparing

  /** How a stream differs; what can be added to it is missing, and the rest is different. */
  List<Difference> compare(StreamConfiguration want, StreamConfiguration have) {
    Fields fields = new Fields(describe(want));
    fields.same("subjects", want.getSubjects(), have.getSubjects());
    fields.same("retention", want.getRetentionPolicy(), have.getRetentionPolicy());
    fields.same("storage", want.getStorageType(), have.getStorageType());
    fields.same("max_age", want.getMaxAge(), have.getMaxAge());
    fields.same("num_replicas", want.getReplicas(), have.getReplicas());
    fields.same("max_msgs", UNLIMITED, have.getMaxMsgs());
    fields.same("max_bytes", UNLIMITED, have.getMaxBytes());
    fields.same("max_msgs_per_subject", UNLIMITED, have.getMaxMsgsPerSubject());
    fields.same("discard", DiscardPolicy.Old, have.getDiscardPolicy());
    fields.same("sealed", false, have.getSealed());
    fields.same("no_ack", false, have.getNoAck());
    if (settings.dedup && !Duration.ZERO.equals(want.getDuplicateWindow())) {
      fields.same("duplicate_window", want.getDuplicateWindow(), have.getDuplicateWindow());
    }
    if (want.getAllowAtomicPublish() && !have.getAllowAtomicPublish()) {
      fields.lacks(ALLOW_ATOMIC);
    }
    return fields.found;
  }

  List<Difference> compare(Group want, ConsumerConfiguration have) {
    Fields fields = new Fields(want.describe());
    fields.same("filter_subject", want.config().getFilterSubject(), have.getFilterSubject());
    fields.same("ack_policy", AckPolicy.Explicit, have.getAckPolicy());
    fields.same("ack_wait", want.config().getAckWait(), have.getAckWait());
    fields.same("max_deliver", UNLIMITED, have.getMaxDeliver());
    fields.same("max_ack_pending", want.config().getMaxAckPending(), have.getMaxAckPending());
    fields.same("deliver_subject", null, have.getDeliverSubject());
    fields.same("backoff", List.of(), have.getBackoff());
    fields.same("headers_only", false, have.isHeadersOnly());
    fields.same("replay_policy", ReplayPolicy.Instant, have.getReplayPolicy());
    // Where the group stands would go with one server.
    fields.same("mem_storage", false, have.isMemStorage());
    fields.same("num_replicas", AS_ITS_STREAM, Math.max(AS_ITS_STREAM, have.getNumReplicas()));
    // While nobody pulls the server would delete the group and where it stands.
    fields.same("inactive_threshold", null, have.getInactiveThreshold());
    // It refuses pulls beyond these.
    fields.same("max_batch", UNLIMITED, have.getMaxBatch());
    fields.same("max_expires", null, have.getMaxExpires());
    fields.same("priority_groups", List.of(), orNone(have.getPriorityGroups()));
    return fields.found;
  }

  private static List<String> orNone(@Nullable List<String> names) {
    return names == null ? List.of() : names;
  }

  private static final class Fields {
    final List<Difference> found = new ArrayList<>();
    private final String object;

    Fields(String object) {
      this.object = object;
    }

    void same(String field, @Nullable Object want, @Nullable Object have) {
      if (!Objects.equals(want, have)) {
        found.add(
            new Difference(
                object,
                field,
                String.valueOf(want),
                String.valueOf(have),
                Difference.Kind.DIFFERENT));
      }
    }

    void lacks(String field) {
      found.add(new Difference(object, field, "true", "false", Difference.Kind.MISSING));
    }
  }
}
