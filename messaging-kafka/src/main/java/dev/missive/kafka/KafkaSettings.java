package dev.missive.kafka;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.spi.BrokerContext;
import dev.missive.spi.BrokerProvider.Setting;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.SaslConfigs;
import org.jspecify.annotations.Nullable;

/**
 * Settings of this adapter. Immutable.
 *
 * @param brokers where to connect first, host:port
 * @param protocol how groups are kept: classic or consumer (KIP-848)
 * @param partitions how many partitions a declared topic gets; empty = 4, and others are accepted
 * @param replication how many replicas a declared topic gets; -1 = the broker's default
 * @param connectTimeout how long one attempt of the first connection may take
 * @param requestTimeout how long one request may take
 * @param sessionTimeout after how long without a heartbeat a member is lost; classic only
 * @param revokeTimeout how long a rebalance waits for running handlers
 * @param waitInProcess waits up to this long stay in the client
 * @param commitInterval how often settled offsets are committed
 * @param authRetry how long to wait between logins once they were refused three times
 * @param metadataBytes how much text is kept beside a committed offset
 * @param retryTiers the retry topics a group has
 * @param insecureAnyHost whether a certificate for another host is taken
 * @param client properties for Kafka's own clients
 * @param jaas who logs in, asked at every login; null if {@code client} or nothing says it
 */
record KafkaSettings(
    List<String> brokers,
    String protocol,
    Optional<Integer> partitions,
    int replication,
    Duration connectTimeout,
    Duration requestTimeout,
    Duration sessionTimeout,
    Duration revokeTimeout,
    Duration waitInProcess,
    Duration commitInterval,
    Duration authRetry,
    int metadataBytes,
    Set<KafkaNames.Tier> retryTiers,
    boolean insecureAnyHost,
    Map<String, Object> client,
    @Nullable Supplier<String> jaas) {

  static final int PARTITIONS = 4;
  private static final String CLIENT = "kafka.client.";
  private static final String JAAS = CLIENT + SaslConfigs.SASL_JAAS_CONFIG;
  static final List<Setting> ALL = all();

  private static List<Setting> all() {
    List<Setting> all = new ArrayList<>();
    all.add(
        new Setting(
            "kafka.brokers",
            List.class,
            "localhost:9092",
            false,
            List.of("KAFKA_BROKERS"),
            "where to connect first, as host:port, separated by commas"));
    all.add(
        Setting.of(
            "kafka.group-protocol",
            String.class,
            "classic",
            "how groups are kept: classic, or consumer (KIP-848, brokers from 4.0)"));
    all.add(
        Setting.of(
            "kafka.partitions",
            Integer.class,
            null,
            "how many partitions a declared topic has; by default 4 for new ones, and any number is accepted"));
    all.add(
        Setting.of(
                "kafka.replication",
                Integer.class,
                "-1",
                "how many replicas a declared topic gets; -1 = the broker's default")
            .atLeast("-1"));
    all.add(
        Setting.of(
                "kafka.connect-timeout",
                Duration.class,
                "8s",
                "how long one attempt of the first connection may take; less than connect.timeout, so that the reason is shown")
            .atLeast("1ms"));
    all.add(
        Setting.of(
            "kafka.request-timeout",
            Duration.class,
            "15s",
            "how long one request may take; a half-open connection is seen after this and 5s"));
    all.add(
        Setting.of(
            "kafka.session-timeout",
            Duration.class,
            "45s",
            "after how long without a heartbeat a consumer is lost; group protocol classic only"));
    all.add(
        Setting.of(
            "kafka.revoke-timeout",
            Duration.class,
            "20s",
            "how long a rebalance waits for running handlers"));
    all.add(
        Setting.of(
            "kafka.wait-in-process",
            Duration.class,
            "10s",
            "waits up to this long stay in the client instead of a retry topic"));
    all.add(
        Setting.of(
            "kafka.commit-interval",
            Duration.class,
            "1s",
            "how often settled offsets are committed"));
    all.add(
        Setting.of(
            "kafka.auth-retry",
            Duration.class,
            "1m",
            "how long to wait between logins once the credentials were refused three times"));
    all.add(
        Setting.of(
                "kafka.metadata-bytes",
                Integer.class,
                "3584",
                "how much text is kept beside a committed offset; the broker's offset.metadata.max.bytes, 4096 by default, must be more")
            .atLeast("16"));
    all.add(
        Setting.of(
            "kafka.retry-tiers",
            List.class,
            "15s,2m,15m,2h",
            "which retry topics a group has, always 15s among them; a long wait goes through the longest that fits, over and over. The same for all instances of a group"));
    all.add(
        Setting.of(
            "kafka.insecure-any-host",
            Boolean.class,
            "false",
            "take a certificate made out to another host: whoever has any certificate of the same authority can pose as the broker"));
    Map<String, Boolean> names = new TreeMap<>();
    for (ConfigDef definition :
        List.of(
            ConsumerConfig.configDef(),
            ProducerConfig.configDef(),
            AdminClientConfig.configDef())) {
      definition
          .configKeys()
          .forEach(
              (name, key) ->
                  names.merge(name, key.type() == ConfigDef.Type.PASSWORD, (a, b) -> a | b));
    }
    names.forEach(
        (name, secret) -> {
          Setting setting =
              new Setting(
                  CLIENT + name,
                  String.class,
                  null,
                  secret,
                  List.of(),
                  "the property " + name + " of Kafka's own clients");
          all.add(setting.key().equals(JAAS) ? setting.asCredential() : setting);
        });
    return List.copyOf(all);
  }

  /**
   * Reads and checks them.
   *
   * @throws MessagingException CONFIG_INVALID with every problem at once
   */
  static KafkaSettings read(BrokerContext context, Map<String, Object> code) {
    Map<String, Object> client = new HashMap<>();
    for (Setting setting : ALL) {
      if (setting.key().startsWith(CLIENT) && !setting.credential()) {
        context
            .optional(setting.key(), String.class)
            .ifPresent(value -> client.put(setting.key().substring(CLIENT.length()), value));
      }
    }
    client.putAll(code);
    Duration revokeTimeout = context.setting("kafka.revoke-timeout", Duration.class);
    List<String> problems = KafkaPromises.broken(client, revokeTimeout);
    String protocol =
        context.setting("kafka.group-protocol", String.class).toLowerCase(Locale.ROOT);
    if (!Set.of("classic", "consumer").contains(protocol)) {
      problems.add("kafka.group-protocol was \"" + protocol + "\" but must be classic or consumer");
    }
    Optional<Integer> partitions = context.optional("kafka.partitions", Integer.class);
    if (partitions.orElse(1) < 1) {
      problems.add("kafka.partitions was " + partitions.get() + " but must be at least 1");
    }
    List<String> brokers = texts(context, "kafka.brokers");
    List<String> tiers = texts(context, "kafka.retry-tiers");
    if (!tiers.contains("15s") || !List.of("15s", "2m", "15m", "2h").containsAll(tiers)) {
      problems.add("kafka.retry-tiers was " + tiers + " but must be 15s and some of 2m, 15m, 2h");
    }
    for (String key :
        List.of("kafka.request-timeout", "kafka.session-timeout", "kafka.commit-interval")) {
      if (context.setting(key, Duration.class).toMillis() < 1) {
        problems.add(key + " must be more than zero");
      }
    }
    if (!problems.isEmpty()) {
      throw new MessagingException(
          ErrorCode.CONFIG_INVALID,
          problems.size()
              + (problems.size() == 1 ? " problem" : " problems")
              + "\n  "
              + String.join("\n  ", new TreeSet<>(problems))
              + "\n");
    }
    return new KafkaSettings(
        brokers,
        protocol,
        partitions,
        context.setting("kafka.replication", Integer.class),
        context.setting("kafka.connect-timeout", Duration.class),
        context.setting("kafka.request-timeout", Duration.class),
        context.setting("kafka.session-timeout", Duration.class),
        revokeTimeout,
        context.setting("kafka.wait-in-process", Duration.class),
        context.setting("kafka.commit-interval", Duration.class),
        context.setting("kafka.auth-retry", Duration.class),
        context.setting("kafka.metadata-bytes", Integer.class),
        KafkaNames.Tier.named(tiers),
        context.setting("kafka.insecure-any-host", Boolean.class),
        Map.copyOf(client),
        client.containsKey(SaslConfigs.SASL_JAAS_CONFIG)
            ? null
            : context.credential(JAAS).orElse(null));
  }

  private static List<String> texts(BrokerContext context, String key) {
    List<String> texts = new ArrayList<>();
    for (Object text : context.setting(key, List.class)) {
      texts.add(String.valueOf(text).strip());
    }
    return List.copyOf(texts);
  }

  /** Names no value of a property: some are secrets. */
  @Override
  public String toString() {
    return "KafkaSettings[brokers=" + brokers + ", client=" + client.keySet() + "]";
  }
}
