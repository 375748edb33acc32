package dev.missive.spikes.kafka;

import java.time.Duration;
import java.util.*;
import java.util.concurrent.*;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.*;

/** What semantics.md wants proven: dead-letter ranges that no longer fit, and half-open connections. */
final class Experiments {
  private static final String URL = "127.0.0.1:22192";

  public static void main(String[] args) throws Exception {
    Proxy proxy = new Proxy(22192, 22194);
    try (PrivateBroker broker = new PrivateBroker(22194, 22192); Admin admin = Admin.create(config())) {
      limit(admin);
      for (String protocol : List.of("classic", "consumer")) {
        for (String crash : List.of("none", "client before commit", "broker before commit", "client after commit")) letters(admin, broker, protocol, crash);
      }
      for (String how : List.of("proxy swallows", "SIGSTOP")) for (String protocol : List.of("classic", "consumer")) halfOpen(admin, broker, proxy, how, protocol);
    }
    System.exit(0);
  }

  static Map<String, Object> config(Object... more) {
    Map<String, Object> config = new HashMap<>(Map.of("bootstrap.servers", URL, "request.timeout.ms", 15_000, "default.api.timeout.ms", 15_000, "enable.auto.commit", false,
        "auto.offset.reset", "earliest", "isolation.level", "read_committed", "linger.ms", 0));
    for (int i = 0; i < more.length; i += 2) config.put((String) more[i], more[i + 1]);
    return config;
  }

  static KafkaConsumer<byte[], byte[]> consumer(String group, String protocol) {
    return new KafkaConsumer<>(config("group.id", group, "group.protocol", protocol), new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  static KafkaProducer<byte[], byte[]> producer(Object... more) {
    return new KafkaProducer<>(config(more), new ByteArraySerializer(), new ByteArraySerializer());
  }

  static void limit(Admin admin) throws Exception {
    admin.createTopics(List.of(new NewTopic("limit", 1, (short) 1))).all().get();
    TopicPartition tp = new TopicPartition("limit", 0);
    for (int bytes : new int[] {3584, 4096, 4097}) {
      String outcome = "accepted";
      try { admin.alterConsumerGroupOffsets("limit", Map.of(tp, new OffsetAndMetadata(0, "x".repeat(bytes)))).all().get(); } catch (ExecutionException e) { outcome = e.getCause().getClass().getSimpleName(); }
      System.out.println("commit metadata of " + bytes + " bytes: " + outcome);
    }
  }

  /** 3000 letters, every second handled: too many ranges. What is left is appended again and the base moves, in one transaction. */
  static void letters(Admin admin, PrivateBroker broker, String protocol, String crash) throws Exception {
    String dlq = "letters." + protocol + "." + crash.replace(' ', '-') + ".dlq";
    TopicPartition tp = new TopicPartition(dlq, 0);
    admin.createTopics(List.of(new NewTopic(dlq, 1, (short) 1))).all().get();
    Set<String> left = new TreeSet<>();
    try (var plain = producer()) {
      for (int i = 0; i < 3000; i++) {
        plain.send(new ProducerRecord<>(dlq, null, ("L" + i).getBytes()));
        if (i % 2 == 0) left.add("L" + i);
      }
    }
    var cursor = consumer(dlq, protocol);
    cursor.subscribe(List.of(dlq));
    List<ConsumerRecord<byte[], byte[]>> read = read(cursor, 3000, 20);
    TreeSet<Long> handled = new TreeSet<>();
    for (var r : read) if (r.offset() % 2 == 1) handled.add(r.offset());
    int size = Ranges.print(handled).length();
    long began = System.nanoTime();
    var txn = producer("transactional.id", "missive-" + dlq, "transaction.timeout.ms", 20_000);
    txn.initTransactions();
    txn.beginTransaction();
    for (var r : read) if (r.offset() % 2 == 0) txn.send(new ProducerRecord<>(dlq, 0, r.timestamp(), r.key(), r.value(), r.headers()));
    txn.flush();
    txn.sendOffsetsToTransaction(Map.of(tp, new OffsetAndMetadata(cursor.position(tp), "")), cursor.groupMetadata());
    if (crash.startsWith("broker")) broker.killAndRestart();
    if (!crash.startsWith("client before")) txn.commitTransaction();
    long took = (System.nanoTime() - began) / 1_000_000;
    // The client dies: nothing of it is closed in order. (Its sockets stay; what it holds does not come back by itself.)
    if (crash.equals("none")) txn.close();
    cursor.close(CloseOptions.timeout(Duration.ZERO).withGroupMembershipOperation(CloseOptions.GroupMembershipOperation.LEAVE_GROUP));
    began = System.nanoTime();
    try (var next = producer("transactional.id", "missive-" + dlq, "transaction.timeout.ms", 20_000)) { next.initTransactions(); }
    long fenced = (System.nanoTime() - began) / 1_000_000;
    List<String> listed = new ArrayList<>();
    OffsetAndMetadata base;
    try (var again = consumer(dlq, protocol)) {
      again.subscribe(List.of(dlq));
      base = again.committed(Set.of(tp)).get(tp);
      // No commit was made before the transaction: without it everything is there, with it what was left.
      for (var r : read(again, crash.startsWith("client before") ? 3000 : 1500, 70)) listed.add(new String(r.value()));
      for (var r : again.poll(Duration.ofSeconds(2))) listed.add("extra " + r.offset());
    }
    boolean twice = new HashSet<>(listed).size() != listed.size();
    System.out.printf("letters, %s, crash %s: ranges %d bytes; transaction %d ms, next initTransactions %d ms; base %s; listed %d, twice %b, all left there %b%n", protocol, crash, size, took, fenced,
        base == null ? null : base.offset(), listed.size(), twice, listed.containsAll(left));
    if (!crash.equals("none")) txn.close(Duration.ZERO);
  }

  static List<ConsumerRecord<byte[], byte[]>> read(KafkaConsumer<byte[], byte[]> consumer, int count, int seconds) {
    List<ConsumerRecord<byte[], byte[]>> read = new ArrayList<>();
    long end = System.nanoTime() + seconds * 1_000_000_000L;
    while (read.size() < count && System.nanoTime() < end) consumer.poll(Duration.ofMillis(100)).forEach(read::add);
    return read;
  }

  static void halfOpen(Admin admin, PrivateBroker broker, Proxy proxy, String how, String protocol) throws Exception {
    String topic = "half-" + how.replace(' ', '-') + "-" + protocol;
    admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get();
    try (var sender = producer("delivery.timeout.ms", 60_000); var consumer = consumer(topic, protocol)) {
      consumer.subscribe(List.of(topic));
      sender.send(new ProducerRecord<>(topic, new byte[1])).get();
      read(consumer, 1, 20);
      long began = System.nanoTime();
      if (how.equals("SIGSTOP")) broker.signal("STOP"); else proxy.swallow = true;
      ConcurrentLinkedQueue<String> seen = new ConcurrentLinkedQueue<>();
      var pinged = CompletableFuture.runAsync(() -> {
        try { admin.describeCluster().nodes().get(); } catch (Exception e) { seen.add("ping " + since(began) + " " + e.getCause().getClass().getSimpleName()); }
      });
      var sent = sender.send(new ProducerRecord<>(topic, new byte[1]));
      var metric = sender.metrics().entrySet().stream().filter(e -> e.getKey().name().equals("connection-close-total") && e.getKey().group().equals("producer-metrics")).findFirst().orElseThrow().getValue();
      double closed = (Double) metric.metricValue();
      while (since(began) < 25_000 && (!pinged.isDone() || (Double) metric.metricValue() == closed)) { consumer.poll(Duration.ofMillis(50)); }
      seen.add("producer gave its connection up " + since(began));
      if (how.equals("SIGSTOP")) broker.signal("CONT"); else { proxy.cutAll(); proxy.swallow = false; }
      long healed = System.nanoTime();
      sent.get(60, TimeUnit.SECONDS);
      seen.add("stored " + since(healed) + " after the end");
      var got = read(consumer, 1, 30).stream().map(ConsumerRecord::offset).toList();
      seen.add("received offsets " + got + " " + since(healed) + " after the end");
      System.out.println("half-open, " + how + ", " + protocol + ": " + seen);
    }
  }

  static long since(long nanos) { return (System.nanoTime() - nanos) / 1_000_000; }
}
