package dev.missive.kafka;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Which properties of Kafka's clients would break a promise, and which promise that is. */
final class KafkaPromises {
  /** Properties of which only some values keep the promise; none means that it is not to be set. */
  private record Promise(Set<String> allowed, String why) {}

  private static final Map<String, Promise> PROMISES = promises();

  private KafkaPromises() {}

  private static Map<String, Promise> promises() {
    Map<String, Promise> all = new LinkedHashMap<>();
    String settled =
        "a delivery is settled only after its handler (S10), so the adapter commits itself";
    all.put("enable.auto.commit", new Promise(Set.of("false"), settled));
    all.put("auto.commit.interval.ms", new Promise(Set.of(), settled));
    all.put("acks", new Promise(Set.of("all", "-1"), "a publish completes when it is stored (S5)"));
    all.put(
        "enable.idempotence",
        new Promise(Set.of("true"), "messages of a key are stored in publish order (S7)"));
    all.put(
        "max.in.flight.requests.per.connection",
        new Promise(
            Set.of("1", "2", "3", "4", "5"), "messages of a key are stored in publish order (S7)"));
    all.put("retries", new Promise(Set.of(), "a publish is tried until its deadline (S6)"));
    all.put(
        "delivery.timeout.ms",
        new Promise(Set.of(), "a publish is tried until its deadline (S6): set producer.deadline"));
    all.put(
        "isolation.level",
        new Promise(
            Set.of("read_committed"), "an atomic batch is seen completely or not at all (S9)"));
    all.put(
        "auto.offset.reset",
        new Promise(Set.of("earliest"), "nothing published after declare is skipped (S1)"));
    all.put(
        "allow.auto.create.topics",
        new Promise(Set.of("false"), "nothing creates a topic but declare (S3)"));
    String balance =
        "a rebalance waits only for the partitions that move (S12), and each topic is spread over the group";
    all.put("partition.assignment.strategy", new Promise(Set.of(), balance));
    all.put("group.remote.assignor", new Promise(Set.of(), balance));
    all.put(
        "partitioner.class",
        new Promise(Set.of(), "the partition of a key is the same for every client (S13)"));
    all.put(
        "partitioner.ignore.keys",
        new Promise(Set.of("false"), "messages of a key are stored in order (S7)"));
    for (String name :
        List.of("key.serializer", "value.serializer", "key.deserializer", "value.deserializer")) {
      all.put(name, new Promise(Set.of(), "messages are bytes; use a codec"));
    }
    all.put(
        "ssl.endpoint.identification.algorithm",
        new Promise(
            Set.of("https"),
            "TLS verifies the host name (S28): set kafka.insecure-any-host to give that up"));
    String names = "names at the broker follow from topic and group (S3)";
    all.put("group.id", new Promise(Set.of(), names));
    all.put("group.instance.id", new Promise(Set.of(), names));
    all.put("transactional.id", new Promise(Set.of(), names));
    all.put("client.id", new Promise(Set.of(), "set application instead"));
    all.put("bootstrap.servers", new Promise(Set.of(), "set kafka.brokers instead"));
    all.put("group.protocol", new Promise(Set.of(), "set kafka.group-protocol instead"));
    all.put("request.timeout.ms", new Promise(Set.of(), "set kafka.request-timeout instead"));
    all.put("session.timeout.ms", new Promise(Set.of(), "set kafka.session-timeout instead"));
    return all;
  }

  /**
   * What is wrong with these properties.
   *
   * @param revokeTimeout how long a rebalance waits for running handlers
   * @return a list that can be added to
   */
  static List<String> broken(Map<String, Object> client, Duration revokeTimeout) {
    List<String> problems = new ArrayList<>();
    PROMISES.forEach(
        (name, promise) -> {
          Object value = client.get(name);
          if (value != null
              && !promise.allowed.contains(String.valueOf(value))
              && !promise.allowed.contains(String.valueOf(value).toLowerCase(Locale.ROOT))) {
            problems.add(
                "kafka.client."
                    + name
                    + (promise.allowed.isEmpty()
                        ? " must not be set"
                        : " must be "
                            + String.join(" or ", promise.allowed.stream().sorted().toList()))
                    + ": "
                    + promise.why);
          }
        });
    if (pollInterval(client) <= revokeTimeout.toMillis()) {
      problems.add(
          "kafka.client.max.poll.interval.ms must be more than kafka.revoke-timeout: a rebalance waits for running handlers (S12)");
    }
    return problems;
  }

  /** As somebody has chosen it; what is no number is left to Kafka. */
  private static long pollInterval(Map<String, Object> client) {
    try {
      return Long.parseLong(String.valueOf(client.get("max.poll.interval.ms")).strip());
    } catch (NumberFormatException e) {
      return Long.MAX_VALUE;
    }
  }
}
