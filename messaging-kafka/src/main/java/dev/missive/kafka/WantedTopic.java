package dev.missive.kafka;

import dev.missive.Topology;
import dev.missive.Topology.Entry;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.NewTopic;

/**
 * A topic that should be there.
 *
 * @param name of the topic
 * @param partitions how many it has to have; empty = any number, and the default for a new one
 * @param config what its configuration has to say
 * @param ofGroup whether it holds dead letters or retries of one group
 */
record WantedTopic(
    String name, Optional<Integer> partitions, Map<String, String> config, boolean ofGroup) {
  static final String RETENTION = "retention.ms";
  static final String CLEANUP = "cleanup.policy";
  private static final String FOR_EVER = "-1";
  private static final String REPLIES_RETENTION = "3600000";

  /** Dead letters first, then where messages wait, then the topic itself. */
  static List<WantedTopic> all(Topology.Plan plan, KafkaSettings settings) {
    Map<String, WantedTopic> all = new LinkedHashMap<>();
    for (Entry entry : plan.entries()) {
      if (entry.group() != null) {
        WantedTopic letters = kept(KafkaNames.deadLetters(entry.topic(), entry.group()));
        all.put(letters.name, letters);
        for (String tier : KafkaNames.tiers(entry.topic(), entry.group(), settings.retryTiers())) {
          all.put(tier, kept(tier));
        }
      }
      all.put(
          entry.topic(), new WantedTopic(entry.topic(), settings.partitions(), Map.of(), false));
    }
    return List.copyOf(all.values());
  }

  private static WantedTopic kept(String name) {
    return new WantedTopic(
        name, Optional.of(1), Map.of(RETENTION, FOR_EVER, CLEANUP, "delete"), true);
  }

  /** The topic of an application's replies, which live for an hour. */
  static WantedTopic replies(String name) {
    return new WantedTopic(
        name, Optional.of(1), Map.of(RETENTION, REPLIES_RETENTION, CLEANUP, "delete"), false);
  }

  NewTopic create(int replication) {
    return new NewTopic(
            name,
            Optional.of(partitions.orElse(KafkaSettings.PARTITIONS)),
            replication < 1 ? Optional.empty() : Optional.of((short) replication))
        .configs(config);
  }
}
