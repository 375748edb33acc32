package dev.missive.kafka;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.SslConfigs;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * Makes Kafka's own clients, with the properties that keep our promises. Their threads are named
 * after the client id, which begins with {@code missive-}. Thread-safe.
 */
final class KafkaClients {
  private static final int MAX_BLOCK_MILLIS = 5_000;
  private static final int API_TIMEOUT_MILLIS = 15_000;
  private static final int BATCH_BYTES = 128 * 1024;

  /** Fewer than the client's 500, so that handlers do not wait while so many are unpacked. */
  private static final int RECORDS_AT_ONCE = 100;

  private static final Duration LETTERS_SESSION = Duration.ofSeconds(6);
  private static final Duration FORGET_TOPICS = Duration.ofDays(20);
  private static final Duration BEYOND_REVOKE = Duration.ofMinutes(1);

  private final KafkaSettings settings;
  private final String clientName;
  private final KafkaCredentials credentials;
  private final AtomicInteger count = new AtomicInteger();

  /**
   * Makes one for a connection.
   *
   * @param credentials who logs in
   */
  KafkaClients(KafkaSettings settings, String clientName, KafkaCredentials credentials) {
    this.settings = settings;
    this.clientName = clientName;
    this.credentials = credentials;
  }

  Admin admin() {
    Map<String, Object> config = common("admin", AdminClientConfig.configNames());
    credentials.addTo(config, true);
    config.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, millis(settings.requestTimeout()));
    // Left to itself it begins again ten times a second, asks once more each time, and says so for
    // each question that waits: thousands of lines a second in an outage (kafka-clients 4.4.0,
    // KafkaAdminClient.MetadataUpdateNodeIdProvider). The pulse has it begin again instead.
    config.put(AdminClientConfig.METADATA_RECOVERY_STRATEGY_CONFIG, "none");
    return Admin.create(config);
  }

  /** So long without a broker, and a client begins again with those that are configured. */
  Duration untilBeginningAgain() {
    Map<String, Object> config = common("admin", AdminClientConfig.configNames());
    Object millis =
        AdminClientConfig.configDef()
            .parse(config)
            .get(AdminClientConfig.METADATA_RECOVERY_REBOOTSTRAP_TRIGGER_MS_CONFIG);
    return Duration.ofMillis((Long) Objects.requireNonNull(millis));
  }

  /** The largest message a producer sends, in bytes; the client refuses what is larger. */
  long largestMessage() {
    Object own =
        common("producer", ProducerConfig.configNames())
            .get(ProducerConfig.MAX_REQUEST_SIZE_CONFIG);
    Object size =
        own == null
            ? ProducerConfig.configDef().defaultValues().get(ProducerConfig.MAX_REQUEST_SIZE_CONFIG)
            : own;
    return Long.parseLong(String.valueOf(size).strip());
  }

  /**
   * An idempotent producer.
   *
   * @param deadline how long one attempt may take
   * @param transactionalId null for one without transactions
   */
  KafkaProducer<byte[], byte[]> producer(Duration deadline, @Nullable String transactionalId) {
    return new KafkaProducer<>(
        producerConfig(deadline, transactionalId),
        new ByteArraySerializer(),
        new ByteArraySerializer());
  }

  Map<String, Object> producerConfig(Duration deadline, @Nullable String transactionalId) {
    Map<String, Object> config = new HashMap<>();
    // Low latency when idle; under load batches fill while others are on their way.
    config.put(ProducerConfig.LINGER_MS_CONFIG, 0);
    config.put(ProducerConfig.BATCH_SIZE_CONFIG, BATCH_BYTES);
    config.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, MAX_BLOCK_MILLIS);
    // What is known of a topic stays, so that a send never waits for it again.
    config.put(ProducerConfig.METADATA_MAX_IDLE_CONFIG, FORGET_TOPICS.toMillis());
    config.putAll(common("producer", ProducerConfig.configNames()));
    credentials.addTo(config, false);
    config.put(ProducerConfig.ACKS_CONFIG, "all");
    config.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    int delivery = Math.max(1, millis(deadline));
    int linger = Integer.parseInt(String.valueOf(config.get(ProducerConfig.LINGER_MS_CONFIG)));
    config.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, delivery);
    config.put(
        ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG,
        Math.max(0, Math.min(millis(settings.requestTimeout()), delivery - linger)));
    if (transactionalId != null) {
      config.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, transactionalId);
      config.put(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, delivery);
      config.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, delivery);
    }
    return config;
  }

  /**
   * A consumer that commits nothing by itself.
   *
   * @param role what it does, for its name
   * @param group null for one without a group
   * @param letters whether it reads dead letters: nobody else can while a dead one is waited for
   */
  KafkaConsumer<byte[], byte[]> consumer(String role, @Nullable String group, boolean letters) {
    return new KafkaConsumer<>(
        consumerConfig(role, group, letters),
        new ByteArrayDeserializer(),
        new ByteArrayDeserializer());
  }

  Map<String, Object> consumerConfig(String role, @Nullable String group, boolean letters) {
    Map<String, Object> config = common(role, ConsumerConfig.configNames());
    credentials.addTo(config, false);
    config.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, apiTimeout());
    config.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    config.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    config.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    config.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    config.putIfAbsent(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, RECORDS_AT_ONCE);
    if (group != null) {
      addGroup(config, group, letters);
    }
    return config;
  }

  private void addGroup(Map<String, Object> config, String group, boolean letters) {
    config.put(ConsumerConfig.GROUP_ID_CONFIG, group);
    config.putIfAbsent(
        ConsumerConfig.MAX_POLL_INTERVAL_MS_CONFIG, millis(pollInterval(settings.revokeTimeout())));
    boolean classic = letters || settings.protocol().equals("classic");
    config.put(ConsumerConfig.GROUP_PROTOCOL_CONFIG, classic ? "classic" : "consumer");
    if (classic) {
      Duration session = settings.sessionTimeout();
      session = letters && session.compareTo(LETTERS_SESSION) > 0 ? LETTERS_SESSION : session;
      config.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, millis(session));
      int heartbeat = Math.min(3000, millis(session) / 3);
      if (letters) {
        // That of the application was chosen for the longer session of its groups.
        config.merge(
            ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG,
            heartbeat,
            (own, most) -> Math.min(Integer.parseInt(String.valueOf(own).strip()), heartbeat));
      } else {
        config.putIfAbsent(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, heartbeat);
      }
      config.put(
          ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG, KafkaAssignor.class.getName());
    } else {
      // Topic by topic: else one member could get nothing but retry topics.
      config.put(ConsumerConfig.GROUP_REMOTE_ASSIGNOR_CONFIG, "range");
    }
  }

  /**
   * How long a member may be silent; while it waits for handlers in a rebalance it is, and never
   * longer, since handlers have threads of their own. It is also how long a rebalance waits for a
   * member that is there and does not join, so it is shorter than the client's 5 minutes.
   */
  static Duration pollInterval(Duration revokeTimeout) {
    return revokeTimeout.plus(BEYOND_REVOKE);
  }

  private Map<String, Object> common(String role, Set<String> names) {
    Map<String, Object> config = new HashMap<>(settings.client());
    config.keySet().retainAll(names);
    config.put("bootstrap.servers", settings.brokers());
    config.put(
        "client.id", "missive-kafka-" + clientName + "-" + role + "-" + count.incrementAndGet());
    config.put("request.timeout.ms", millis(settings.requestTimeout()));
    if (settings.insecureAnyHost()) {
      config.put(SslConfigs.SSL_ENDPOINT_IDENTIFICATION_ALGORITHM_CONFIG, "");
    }
    // Nothing of the application goes to the cluster unasked.
    if (names.contains("enable.metrics.push")) {
      config.putIfAbsent("enable.metrics.push", false);
    }
    return config;
  }

  /** How long a call may take that is several requests. */
  private int apiTimeout() {
    return Math.max(API_TIMEOUT_MILLIS, millis(settings.requestTimeout()));
  }

  private static int millis(Duration duration) {
    return (int) Math.min(Integer.MAX_VALUE / 2, duration.toMillis());
  }
}
