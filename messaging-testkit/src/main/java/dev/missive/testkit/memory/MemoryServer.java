package dev.missive.testkit.memory;

import dev.missive.Message;
import dev.missive.MessagingException;
import dev.missive.Topology;
import dev.missive.spi.Destination;
import dev.missive.spi.Subscription;
import dev.missive.spi.Time;
import dev.missive.testkit.memory.MemoryMessages.Stored;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A broker in this process: topics, groups, their dead letters. It outlives its connections, as a
 * real one does. Everything but the list of connections is guarded by {@link #lock}.
 */
final class MemoryServer {
  private static final Map<String, MemoryServer> SERVERS = new ConcurrentHashMap<>();

  final ReentrantLock lock = new ReentrantLock();
  final MemoryFaults faults = new MemoryFaults();
  final List<MemoryConnection> connections = new CopyOnWriteArrayList<>();
  final String name;
  private final Map<String, MemoryTopic> topics = new LinkedHashMap<>();
  private final Map<String, MemoryGroup> deadLetters = new LinkedHashMap<>();
  private final Map<String, Map<String, MemoryGroup>> patterns = new LinkedHashMap<>();
  private final Map<String, MemoryGroup> replies = new LinkedHashMap<>();
  private final Set<MemoryGroup> dirty = new LinkedHashSet<>();
  private final Set<MemoryGroup> timed = new LinkedHashSet<>();
  private @Nullable Time time;
  private @Nullable MemorySettings limits;
  private @Nullable Instant armedFor;
  private long storedBytes;
  private long replyNumber;
  long operations;
  @Nullable String requiredUser;
  @Nullable String requiredPassword;

  private MemoryServer(String name) {
    this.name = name;
  }

  static MemoryServer named(String name) {
    return SERVERS.computeIfAbsent(name, MemoryServer::new);
  }

  /** A connection comes; its clock and limits count from now on. */
  void accept(MemoryConnection connection, Time clock, MemorySettings settings) {
    time = clock;
    limits = settings;
    if (!connections.contains(connection)) {
      connections.add(connection);
    }
  }

  // ---- publishing

  /** Throws if a message cannot be stored; changes nothing. */
  void admit(Destination to, Message message) {
    MemorySettings settings = java.util.Objects.requireNonNull(limits);
    int size =
        message.body() == null ? 0 : java.util.Objects.requireNonNull(message.body()).remaining();
    if (size > settings.maxBytes) {
      throw MemoryErrors.rejected(
          "it has " + size + " bytes, memory.max-bytes is " + settings.maxBytes);
    }
    if (storedBytes + size > settings.maxStoredBytes) {
      throw MemoryErrors.rejected(
          "the broker is full, memory.max-stored-bytes is " + settings.maxStoredBytes);
    }
    if (faults.rejects()) {
      throw MemoryErrors.rejected("it was told to");
    }
    if (to instanceof Destination.Topic topic
        && !topics.containsKey(topic.topic())
        && matching(topic.topic()).isEmpty()) {
      throw MemoryErrors.topicMissing(topic.topic());
    }
    if (to instanceof Destination.DeadLetters && faults.failDeadLetters) {
      throw MemoryErrors.rejected("its dead letters cannot be written");
    }
  }

  /** Stores a message and returns its offset; -1 where it is not part of a topic's log. */
  long store(Destination to, Message message, @Nullable Instant notBefore) {
    operations++;
    admit(to, message);
    if (to instanceof Destination.Topic topic) {
      return toTopic(topic.topic(), message, notBefore);
    }
    MemoryGroup group = find(to);
    add(group, MemoryMessages.store(message, -1), notBefore);
    return -1;
  }

  private long toTopic(String name, Message message, @Nullable Instant notBefore) {
    MemorySettings settings = java.util.Objects.requireNonNull(limits);
    MemoryTopic topic = topics.computeIfAbsent(name, MemoryTopic::new);
    Instant now = now();
    if (topic.seen(message.id(), now, settings.dedupWindow)) {
      return -1;
    }
    Stored stored = MemoryMessages.store(message, topic.nextOffset());
    topic.retain(stored, settings.retain);
    int copies = faults.duplicates() ? 2 : 1;
    for (int i = 0; i < copies; i++) {
      for (MemoryGroup group : topic.groups.values()) {
        add(group, stored, notBefore);
      }
      for (MemoryGroup group : topic.broadcasts) {
        add(group, stored, notBefore);
      }
      if (!patterns.isEmpty()) {
        matching(name).forEach(group -> add(group, stored, notBefore));
      }
    }
    return stored.offset();
  }

  private void add(MemoryGroup group, Stored message, @Nullable Instant notBefore) {
    Instant due = notBefore == null || !notBefore.isAfter(now()) ? null : notBefore;
    group.add(message, due);
    storedBytes += message.bytes();
    if (due == null) {
      dirty.add(group);
    } else {
      timed.add(group);
      arm(due);
    }
  }

  void freed(Stored message) {
    storedBytes -= message.bytes();
  }

  private MemoryGroup find(Destination to) {
    MemoryGroup found = null;
    if (to instanceof Destination.Group group) {
      found = group(group.topic(), group.group());
    } else if (to instanceof Destination.DeadLetters letters) {
      found = deadLetters.get(dlq(letters.topic(), letters.group()));
    } else if (to instanceof Destination.Reply reply) {
      found = replies.get(reply.address());
    }
    if (found == null) {
      throw MemoryErrors.topicMissing(to.toString());
    }
    return found;
  }

  // ---- handing out

  void dirty(MemoryGroup group) {
    dirty.add(group);
  }

  /** Hands out what changed; the connections concerned are told by their subscriptions. */
  void assign() {
    if (dirty.isEmpty()) {
      return;
    }
    dirty.forEach(MemoryGroup::assign);
    dirty.clear();
  }

  private void arm(Instant due) {
    Instant armed = armedFor;
    if (armed != null && !due.isBefore(armed)) {
      return;
    }
    armedFor = due;
    Duration after = Duration.between(now(), due);
    java.util.Objects.requireNonNull(time)
        .schedule(after.isNegative() ? Duration.ZERO : after, () -> fire(due));
  }

  private void fire(Instant armed) {
    lock.lock();
    try {
      if (!armed.equals(armedFor)) {
        return;
      }
      armedFor = null;
      Instant now = now();
      Instant next = null;
      for (MemoryGroup group : List.copyOf(timed)) {
        if (group.wake(now)) {
          dirty.add(group);
        }
        Instant due = group.nextDue();
        if (due == null) {
          timed.remove(group);
        } else if (next == null || due.isBefore(next)) {
          next = due;
        }
      }
      if (next != null) {
        arm(next);
      }
      assign();
    } finally {
      lock.unlock();
    }
  }

  private Instant now() {
    return java.util.Objects.requireNonNull(time).now();
  }

  // ---- subscribing

  MemoryGroup join(MemorySubscription subscription) {
    operations++;
    Subscription.Spec spec = subscription.spec;
    String topic = spec.topic();
    return switch (spec.kind()) {
      case GROUP, PATTERN ->
          required(group(topic, spec.group()), "the group " + spec.group() + " of " + topic);
      case DEAD_LETTERS ->
          required(
              deadLetters.get(dlq(topic, spec.group())),
              "the group " + spec.group() + " of " + topic);
      case BROADCAST -> {
        MemoryTopic found = topics.get(topic);
        if (found == null) {
          throw MemoryErrors.notThere("the topic " + topic);
        }
        MemoryGroup own = new MemoryGroup("broadcast of " + topic, false, null);
        found.broadcasts.add(own);
        yield own;
      }
      case REPLIES -> {
        String address = "reply-" + topic + "-" + ++replyNumber;
        MemoryGroup own = new MemoryGroup(address, false, null);
        replies.put(address, own);
        yield own;
      }
    };
  }

  String addressOf(MemoryGroup group, Subscription.Spec spec) {
    return spec.kind() == Subscription.Kind.REPLIES ? group.name : spec.topic();
  }

  /** A subscription has gone; what lived only for it goes too. */
  void left(MemorySubscription subscription, MemoryGroup group) {
    Subscription.Spec spec = subscription.spec;
    if (spec.kind() == Subscription.Kind.REPLIES) {
      replies.remove(group.name);
    } else if (spec.kind() == Subscription.Kind.BROADCAST && topics.containsKey(spec.topic())) {
      java.util.Objects.requireNonNull(topics.get(spec.topic())).broadcasts.remove(group);
    }
  }

  private static MemoryGroup required(@Nullable MemoryGroup group, String what) {
    if (group == null) {
      throw MemoryErrors.notThere(what);
    }
    return group;
  }

  // ---- topology

  List<Topology.Difference> compare(Topology.Plan plan) {
    List<Topology.Difference> differences = new ArrayList<>();
    for (Topology.Entry entry : plan.entries()) {
      String object = "topic " + entry.topic();
      if (!isPattern(entry.topic()) && !topics.containsKey(entry.topic())) {
        differences.add(
            new Topology.Difference(object, "", "exists", null, Topology.Difference.Kind.MISSING));
      }
      if (entry.group() == null) {
        continue;
      }
      MemoryGroup have = group(entry.topic(), entry.group());
      object = "group " + entry.group() + " of " + entry.topic();
      if (have == null) {
        differences.add(
            new Topology.Difference(object, "", "exists", null, Topology.Difference.Kind.MISSING));
      } else if (have.keyOrder != entry.keyOrder()) {
        differences.add(
            new Topology.Difference(
                object,
                "keyOrder",
                Boolean.toString(entry.keyOrder()),
                Boolean.toString(have.keyOrder),
                Topology.Difference.Kind.DIFFERENT));
      }
    }
    return differences;
  }

  void declare(Topology.Plan plan) {
    operations++;
    for (Topology.Difference difference : compare(plan)) {
      if (difference.kind() == Topology.Difference.Kind.DIFFERENT) {
        throw MemoryErrors.mismatch(
            difference.object(),
            difference.field(),
            difference.want(),
            String.valueOf(difference.have()));
      }
      if (faults.forbidDeclares) {
        throw MemoryErrors.forbidden(difference.object());
      }
    }
    plan.entries().forEach(this::declare);
  }

  private void declare(Topology.Entry entry) {
    String group = entry.group();
    boolean pattern = isPattern(entry.topic());
    MemoryTopic topic = pattern ? null : topics.computeIfAbsent(entry.topic(), MemoryTopic::new);
    if (group == null) {
      return;
    }
    deadLetters.computeIfAbsent(
        dlq(entry.topic(), group), dlq -> new MemoryGroup(dlq, false, null));
    Map<String, MemoryGroup> groups =
        topic == null
            ? patterns.computeIfAbsent(entry.topic(), p -> new LinkedHashMap<>())
            : topic.groups;
    if (groups.containsKey(group)) {
      return;
    }
    MemoryGroup made =
        new MemoryGroup(
            entry.topic() + "." + group,
            entry.keyOrder(),
            java.util.Objects.requireNonNull(limits).seed);
    groups.put(group, made);
    if (topic != null && entry.from() != null) {
      topic.from(entry.from()).forEach(message -> add(made, message, null));
    }
  }

  Topology.Depth depth(Destination of) {
    MemoryGroup group =
        of instanceof Destination.DeadLetters letters
            ? deadLetters.get(dlq(letters.topic(), letters.group()))
            : of instanceof Destination.Group wanted ? group(wanted.topic(), wanted.group()) : null;
    MemoryGroup found = required(group, of.toString());
    long waiting = found.waitingCount();
    return new Topology.Depth(
        waiting, found.inFlight(), waiting + found.inFlight(), now(), List.of());
  }

  /** Moves a stopped group; an unknown position moves nothing. */
  void seek(String topic, String group, long offset) {
    MemoryGroup found = required(group(topic, group), "the group " + group + " of " + topic);
    if (!found.subscriptions.isEmpty()) {
      throw new MessagingException(
          dev.missive.ErrorCode.CONFIG_INVALID,
          "the group " + group + " of " + topic + " has running consumers. Stop them first");
    }
    List<Stored> from = java.util.Objects.requireNonNull(topics.get(topic)).fromOffset(offset);
    if (from.isEmpty()) {
      throw new MessagingException(
          dev.missive.ErrorCode.POSITION_UNKNOWN,
          "the topic " + topic + " does not hold position 0:" + offset + " any more, or never did");
    }
    found.clear();
    from.forEach(message -> add(found, message, null));
  }

  @Nullable MemoryGroup group(String topic, @Nullable String group) {
    if (isPattern(topic)) {
      return patterns.getOrDefault(topic, Map.of()).get(group);
    }
    MemoryTopic found = topics.get(topic);
    return found == null ? null : found.groups.get(group);
  }

  @Nullable MemoryTopic topic(String topic) {
    return topics.get(topic);
  }

  @Nullable MemoryGroup letters(String topic, String group) {
    return deadLetters.get(dlq(topic, group));
  }

  void deleteTopic(String topic) {
    topics.remove(topic);
  }

  void deleteGroup(String topic, String group) {
    MemoryTopic found = topics.get(topic);
    if (found != null) {
      found.groups.remove(group);
    }
  }

  void clear() {
    topics.clear();
    deadLetters.clear();
    patterns.clear();
    replies.clear();
    dirty.clear();
    timed.clear();
    armedFor = null;
    storedBytes = 0;
  }

  int temporaryObjects() {
    return replies.size()
        + topics.values().stream().mapToInt(topic -> topic.broadcasts.size()).sum();
  }

  private List<MemoryGroup> matching(String topic) {
    List<MemoryGroup> found = new ArrayList<>();
    patterns.forEach(
        (pattern, groups) -> {
          if (matches(pattern.split("\\."), topic.split("\\."))) {
            found.addAll(groups.values());
          }
        });
    return found;
  }

  private static boolean matches(String[] pattern, String[] topic) {
    for (int i = 0; i < pattern.length; i++) {
      if (pattern[i].equals(">")) {
        return topic.length > i;
      }
      if (i >= topic.length || !pattern[i].equals("*") && !pattern[i].equals(topic[i])) {
        return false;
      }
    }
    return pattern.length == topic.length;
  }

  private static boolean isPattern(String topic) {
    return topic.indexOf('*') >= 0 || topic.indexOf('>') >= 0;
  }

  private static String dlq(String topic, @Nullable String group) {
    return topic + "." + group + ".dlq";
  }
}
