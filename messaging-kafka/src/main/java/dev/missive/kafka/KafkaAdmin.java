package dev.missive.kafka;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.Topology;
import dev.missive.Topology.Difference;
import dev.missive.Topology.Entry;
import dev.missive.spi.Admin;
import dev.missive.spi.Destination;
import dev.missive.spi.Seeker;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;

/** Declares and compares topics; groups are the business of {@link KafkaGroups}. Thread-safe. */
final class KafkaAdmin implements Admin {
  private static final Logger LOG = System.getLogger("dev.missive.kafka");
  private static final int LOOKS = 100;
  private static final int LOOKS_FOR_ONE = 10;
  private static final long BETWEEN_LOOKS = 50_000_000;
  private static final Duration LEADERS = Duration.ofSeconds(10);

  private final KafkaConnection connection;
  private final KafkaOffsets offsets;
  private final KafkaGroups groups;
  private final KafkaDepth depth;

  KafkaAdmin(KafkaConnection connection) {
    this.connection = connection;
    this.offsets = new KafkaOffsets(connection);
    this.groups = new KafkaGroups(connection, this, offsets);
    this.depth = new KafkaDepth(connection, this, groups, offsets);
  }

  Seeker seeker() {
    return groups;
  }

  private List<WantedTopic> wanted(Topology.Plan plan) {
    return WantedTopic.all(plan, connection.settings());
  }

  // ---- SPI

  @Override
  public CompletionStage<List<Difference>> compare(Topology.Plan plan) {
    return connection.work("comparing the topology", () -> permitted(() -> compared(plan)));
  }

  private List<Difference> compared(Topology.Plan plan) throws Exception {
    List<Difference> all = new ArrayList<>(differences(wanted(plan)));
    for (Entry entry : plan.entries()) {
      if (entry.group() != null && groups.unseeded(entry.topic(), entry.group())) {
        all.add(
            new Difference(
                "group " + KafkaNames.group(entry.topic(), entry.group()),
                "",
                "committed offsets",
                null,
                Difference.Kind.MISSING));
      }
    }
    return List.copyOf(all);
  }

  @Override
  public CompletionStage<Void> declare(Topology.Plan plan) {
    return connection.act("declaring the topology", () -> permitted(() -> declared(plan)));
  }

  private boolean declared(Topology.Plan plan) throws Exception {
    List<WantedTopic> wanted = wanted(plan);
    List<Difference> differences = differences(wanted);
    List<Difference> wrong =
        differences.stream().filter(d -> d.kind() == Difference.Kind.DIFFERENT).toList();
    if (!wrong.isEmpty()) {
      throw mismatch(wrong);
    }
    List<WantedTopic> missing =
        wanted.stream()
            .filter(t -> differences.stream().anyMatch(d -> d.object().equals(object(t.name()))))
            .toList();
    create(missing.stream().filter(topic -> !topic.ofGroup()).toList());
    for (Entry entry : plan.entries()) {
      if (entry.group() != null) {
        groups.seed(entry.topic(), entry.group(), start(entry, missing));
      }
    }
    // Last, so that a group that has them was seeded once.
    create(missing.stream().filter(WantedTopic::ofGroup).toList());
    return true;
  }

  private static <T> T permitted(KafkaFutures.Work<T> task) throws Exception {
    try {
      return task.run();
    } catch (AuthorizationException e) {
      throw KafkaErrors.forbidden(e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof AuthorizationException refused) {
        throw KafkaErrors.forbidden(refused);
      }
      throw e;
    }
  }

  /**
   * Where a group begins in partitions of which it has no offset. One that is known lost them,
   * because it was without members for too long, or the partitions are new: what lies there has not
   * been handled, or nobody knows. In a topic that was not there a moment ago it begins with the
   * first message, which somebody may publish before the group's offsets are written.
   */
  private static @Nullable Instant start(Entry entry, List<WantedTopic> missing) {
    String letters = KafkaNames.deadLetters(entry.topic(), String.valueOf(entry.group()));
    boolean known = missing.stream().noneMatch(topic -> topic.name().equals(letters));
    boolean fresh = missing.stream().anyMatch(topic -> topic.name().equals(entry.topic()));
    return known || fresh ? Instant.EPOCH : entry.from();
  }

  @Override
  public CompletionStage<Topology.Depth> depth(Destination of) {
    return connection.work("measuring depth", () -> depth.of(of));
  }

  // ---- topics

  private List<Difference> differences(List<WantedTopic> wanted) throws Exception {
    Map<String, TopicDescription> there = describe(wanted.stream().map(WantedTopic::name).toList());
    List<ConfigResource> resources = new ArrayList<>();
    for (WantedTopic topic : wanted) {
      if (there.containsKey(topic.name()) && !topic.config().isEmpty()) {
        resources.add(new ConfigResource(ConfigResource.Type.TOPIC, topic.name()));
      }
    }
    var configs =
        resources.isEmpty()
            ? Map.<ConfigResource, org.apache.kafka.clients.admin.Config>of()
            : KafkaFutures.get(connection.client().describeConfigs(resources).all());
    List<Difference> all = new ArrayList<>();
    for (WantedTopic topic : wanted) {
      TopicDescription found = there.get(topic.name());
      if (found == null) {
        all.add(new Difference(object(topic.name()), "", "topic", null, Difference.Kind.MISSING));
        continue;
      }
      int partitions = found.partitions().size();
      if (topic.partitions().orElse(partitions) != partitions) {
        all.add(
            different(
                topic.name(),
                "partitions",
                String.valueOf(topic.partitions().get()),
                "" + partitions));
      }
      int replicas = found.partitions().get(0).replicas().size();
      int wantedReplicas = connection.settings().replication();
      if (wantedReplicas > 0 && wantedReplicas != replicas) {
        all.add(different(topic.name(), "replication", "" + wantedReplicas, "" + replicas));
      }
      var config = configs.get(new ConfigResource(ConfigResource.Type.TOPIC, topic.name()));
      topic
          .config()
          .forEach(
              (name, want) -> {
                var entry = config == null ? null : config.get(name);
                if (entry != null && !want.equals(entry.value())) {
                  all.add(different(topic.name(), name, want, entry.value()));
                }
              });
    }
    return all;
  }

  private static Difference different(String topic, String field, String want, String have) {
    return new Difference(object(topic), field, want, have, Difference.Kind.DIFFERENT);
  }

  private static String object(String topic) {
    return "topic " + topic;
  }

  private static MessagingException mismatch(List<Difference> wrong) {
    return new MessagingException(
        ErrorCode.TOPOLOGY_MISMATCH,
        "Kafka has other definitions: "
            + wrong.stream()
                .map(d -> d.object() + " " + d.field() + " want " + d.want() + " have " + d.have())
                .collect(Collectors.joining("; "))
            + ". Change the broker's, or ask for what is there");
  }

  /** All in one request, in order. */
  private void create(List<WantedTopic> topics) throws Exception {
    if (topics.isEmpty()) {
      return;
    }
    int replication = connection.settings().replication();
    var created =
        connection
            .client()
            .createTopics(
                topics.stream().map(topic -> topic.create(replication)).toList(),
                new CreateTopicsOptions().retryOnQuotaViolation(true))
            .values();
    for (WantedTopic topic : topics) {
      try {
        KafkaFutures.get(Objects.requireNonNull(created.get(topic.name())));
      } catch (TopicExistsException e) {
        // Somebody else was faster; what it looks like is compared the next time.
        continue;
      } catch (InvalidTopicException e) {
        throw new MessagingException(
            ErrorCode.TOPOLOGY_MISMATCH,
            "Kafka does not take the topic "
                + topic.name()
                + " beside those it has: "
                + e.getMessage()
                + ". Names that differ only in . and _ cannot both exist",
            e);
      }
    }
    // Brokers learn of them one after another.
    List<String> names = topics.stream().map(WantedTopic::name).toList();
    awaitLeaders(expected(names, LOOKS, () -> describe(names)).values());
  }

  /** Those of the topics that exist. Blocks. */
  private Map<String, TopicDescription> describe(Collection<String> names) throws Exception {
    Map<String, TopicDescription> there = new HashMap<>();
    var answers = connection.client().describeTopics(names).topicNameValues();
    for (var answer : answers.entrySet()) {
      try {
        there.put(answer.getKey(), answer.getValue().get());
      } catch (ExecutionException e) {
        if (!(e.getCause() instanceof UnknownTopicOrPartitionException)) {
          throw e;
        }
      }
    }
    return there;
  }

  /** How long a topic keeps messages; hidden from users without the permission. Blocks. */
  KafkaRetention retention(String topic) throws Exception {
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    try {
      return KafkaRetention.of(
          KafkaFutures.get(connection.client().describeConfigs(List.of(resource)).all())
              .get(resource));
    } catch (AuthorizationException e) {
      return KafkaRetention.HIDDEN;
    }
  }

  /**
   * Those of some topics that exist. All of them should: in a cluster brokers learn of a new one
   * one after another, so the next one may not know yet what the last one knew, and it is looked
   * again as long as one is missing. Blocks.
   */
  static <T> Map<String, T> expected(
      Collection<String> names, int looks, KafkaFutures.Work<Map<String, T>> look)
      throws Exception {
    Map<String, T> found = look.run();
    for (int i = 1; i < looks && found.size() < names.size(); i++) {
      LockSupport.parkNanos(BETWEEN_LOOKS);
      found = look.run();
    }
    return found;
  }

  private Map<String, TopicDescription> expected(Collection<String> names) throws Exception {
    return expected(names, LOOKS_FOR_ONE, () -> describe(names));
  }

  /** A topic that should exist. Blocks. */
  TopicDescription existing(String topic) throws Exception {
    TopicDescription found = expected(List.of(topic)).get(topic);
    if (found == null) {
      throw new MessagingException(
          ErrorCode.TOPIC_MISSING, "there is no topic " + topic + ". Declare it first");
    }
    return found;
  }

  /** Waits until a topic that should exist can be written to. Blocks. */
  void writable(String topic) throws Exception {
    awaitLeaders(List.of(existing(topic)));
  }

  /**
   * Waits until the leaders of these topics lead. A broker names itself the leader of a new
   * partition before it is: then it refuses the first batch of a producer, may take those that
   * follow on the same connection, and the first one never again (KAFKA-15591, up to 4.3). One that
   * does not answer is not waited for longer than a while: the others take messages.
   */
  private void awaitLeaders(Collection<TopicDescription> topics) throws Exception {
    List<TopicPartition> led = new ArrayList<>();
    for (TopicDescription topic : topics) {
      for (TopicPartitionInfo partition : topic.partitions()) {
        if (partition.leader() != null && !partition.leader().isEmpty()) {
          led.add(new TopicPartition(topic.name(), partition.partition()));
        }
      }
    }
    try {
      offsets.askLeaders(led, LEADERS);
    } catch (TimeoutException e) {
      LOG.log(Level.DEBUG, "not all partitions of " + topics + " are known to be led", e);
    }
  }

  /** Whether a topic exists as far as the broker knows that is asked. Blocks. */
  boolean exists(String topic) throws Exception {
    return describe(List.of(topic)).containsKey(topic);
  }

  /** The partitions of a topic. Blocks. */
  List<TopicPartition> partitions(String topic) throws Exception {
    return existing(topic).partitions().stream()
        .map(partition -> new TopicPartition(topic, partition.partition()))
        .toList();
  }

  /** Those of some topics that exist, which all should, and which they are. Blocks. */
  Map<String, Uuid> ids(Collection<String> topics) throws Exception {
    return expected(topics).values().stream()
        .collect(Collectors.toUnmodifiableMap(TopicDescription::name, TopicDescription::topicId));
  }

  /** Makes the topic of an application's replies, which live for an hour. Blocks. */
  void makeReplies(String topic) throws Exception {
    if (!exists(topic)) {
      create(List.of(WantedTopic.replies(topic)));
    }
  }
}
