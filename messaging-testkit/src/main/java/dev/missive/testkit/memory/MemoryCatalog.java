package dev.missive.testkit.memory;

import dev.missive.Topology;
import dev.missive.spi.Destination;
import dev.missive.spi.Subscription;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What there is at a broker: topics, groups of topics and of patterns, their dead letters, and what
 * lives only as long as a subscription. Guarded by the server's lock.
 */
final class MemoryCatalog {
  private final MemoryQuota quota;
  private final Map<String, MemoryTopic> topics = new LinkedHashMap<>();
  private final Map<String, MemoryGroup> deadLetters = new LinkedHashMap<>();
  private final Map<String, Map<String, MemoryGroup>> patterns = new LinkedHashMap<>();
  private final Map<String, MemoryGroup> replies = new LinkedHashMap<>();
  private long replyNumber;

  // Mostly the same topic comes again.
  private @Nullable String lastName;
  private @Nullable MemoryTopic lastTopic;

  MemoryCatalog(MemoryQuota quota) {
    this.quota = quota;
  }

  // ---- finding

  @Nullable MemoryTopic topic(String topic) {
    MemoryTopic last = lastTopic;
    if (last != null && topic.equals(lastName)) {
      return last;
    }
    MemoryTopic found = topics.get(topic);
    lastName = topic;
    lastTopic = found;
    return found;
  }

  Collection<MemoryTopic> topics() {
    return topics.values();
  }

  @Nullable MemoryGroup group(String topic, @Nullable String group) {
    if (MemoryPatterns.isPattern(topic)) {
      return patterns.getOrDefault(topic, Map.of()).get(group);
    }
    MemoryTopic found = topics.get(topic);
    return found == null ? null : found.groups.get(group);
  }

  @Nullable MemoryGroup letters(String topic, @Nullable String group) {
    return deadLetters.get(dlq(topic, group));
  }

  /** The one group that a destination names; throws if it is not there. */
  MemoryGroup find(Destination to) {
    MemoryGroup found = null;
    if (to instanceof Destination.Group group) {
      found = group(group.topic(), group.group());
    } else if (to instanceof Destination.DeadLetters letters) {
      found = letters(letters.topic(), letters.group());
    } else if (to instanceof Destination.Reply reply) {
      found = replies.get(reply.address());
    }
    if (found == null) {
      throw MemoryErrors.topicMissing(to.toString());
    }
    return found;
  }

  /** A topic that is being written, which a pattern may have called into being. */
  MemoryTopic written(String topic) {
    return topics.computeIfAbsent(topic, name -> new MemoryTopic(quota));
  }

  /** The groups of all patterns that a topic matches. */
  List<MemoryGroup> matching(String topic) {
    if (patterns.isEmpty()) {
      return List.of();
    }
    List<MemoryGroup> found = new ArrayList<>();
    patterns.forEach(
        (pattern, groups) -> {
          if (MemoryPatterns.matches(pattern, topic)) {
            found.addAll(groups.values());
          }
        });
    return found;
  }

  // ---- subscribing

  /** What a subscription reads; throws if it is not there. */
  MemoryGroup join(Subscription.Spec spec) {
    String topic = spec.topic();
    return switch (spec.kind()) {
      case GROUP, PATTERN -> required(group(topic, spec.group()), named(topic, spec.group()));
      case DEAD_LETTERS -> required(letters(topic, spec.group()), named(topic, spec.group()));
      case BROADCAST -> {
        MemoryTopic found = topics.get(topic);
        if (found == null) {
          throw MemoryErrors.notThere("the topic " + topic);
        }
        MemoryGroup own = new MemoryGroup("broadcast of " + topic, false, null, quota);
        found.broadcasts.add(own);
        yield own;
      }
      case REPLIES -> {
        String address = "reply-" + topic + "-" + ++replyNumber;
        MemoryGroup own = new MemoryGroup(address, false, null, quota);
        replies.put(address, own);
        yield own;
      }
    };
  }

  /** A subscription has gone; what lived only for it goes too. */
  void left(Subscription.Spec spec, MemoryGroup group) {
    MemoryTopic topic = topics.get(spec.topic());
    if (spec.kind() == Subscription.Kind.REPLIES) {
      replies.remove(group.name);
      group.discard();
    } else if (spec.kind() == Subscription.Kind.BROADCAST) {
      if (topic != null) {
        topic.broadcasts.remove(group);
      }
      group.discard();
    }
  }

  /** How many reply addresses and broadcast queues there are. */
  int temporary() {
    return replies.size()
        + topics.values().stream().mapToInt(topic -> topic.broadcasts.size()).sum();
  }

  // ---- making and deleting

  /**
   * Makes what an entry names.
   *
   * @return the group, if it is new
   */
  @Nullable MemoryGroup declare(Topology.Entry entry, @Nullable Long seed) {
    String group = entry.group();
    MemoryTopic topic = MemoryPatterns.isPattern(entry.topic()) ? null : written(entry.topic());
    if (group == null) {
      return null;
    }
    deadLetters.computeIfAbsent(
        dlq(entry.topic(), group), dlq -> new MemoryGroup(dlq, false, null, quota));
    Map<String, MemoryGroup> groups =
        topic == null
            ? patterns.computeIfAbsent(entry.topic(), p -> new LinkedHashMap<>())
            : topic.groups;
    if (groups.containsKey(group)) {
      return null;
    }
    MemoryGroup made = new MemoryGroup(entry.topic() + "." + group, entry.keyOrder(), seed, quota);
    groups.put(group, made);
    return made;
  }

  void deleteTopic(String topic) {
    MemoryTopic gone = topics.remove(topic);
    lastTopic = null;
    if (gone != null) {
      gone.discard();
    }
  }

  void deleteGroup(String topic, String group) {
    MemoryTopic found = topics.get(topic);
    MemoryGroup gone =
        MemoryPatterns.isPattern(topic)
            ? Objects.requireNonNullElse(
                    patterns.get(topic), new LinkedHashMap<String, MemoryGroup>())
                .remove(group)
            : found == null ? null : found.groups.remove(group);
    if (gone != null) {
      gone.discard();
    }
  }

  void clear() {
    topics.values().forEach(MemoryTopic::discard);
    patterns.values().forEach(groups -> groups.values().forEach(MemoryGroup::discard));
    deadLetters.values().forEach(MemoryGroup::discard);
    replies.values().forEach(MemoryGroup::discard);
    topics.clear();
    lastTopic = null;
    patterns.clear();
    deadLetters.clear();
    replies.clear();
  }

  static String named(String topic, @Nullable String group) {
    return "the group " + group + " of " + topic;
  }

  private static MemoryGroup required(@Nullable MemoryGroup group, String what) {
    if (group == null) {
      throw MemoryErrors.notThere(what);
    }
    return group;
  }

  private static String dlq(String topic, @Nullable String group) {
    return topic + "." + group + ".dlq";
  }
}
