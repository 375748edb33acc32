package dev.missive.spikes.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.missive.Capability;
import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.Message.Header;
import dev.missive.MessagingException;
import dev.missive.PublishException;
import dev.missive.Topology;
import dev.missive.spi.*;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.*;
import java.util.concurrent.*;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.serialization.*;

/** Throw-away: the whole SPI on Kafka, thin, to see what does not fit. */
public final class KafkaSpike implements BrokerProvider, Broker, dev.missive.spi.Admin, Sender {
  private final String url;
  private final Duration inProcess;
  private final List<Sub> subs = new CopyOnWriteArrayList<>();
  private final ExecutorService work = Executors.newCachedThreadPool();
  private org.apache.kafka.clients.admin.Admin admin;
  private KafkaProducer<byte[], byte[]> producer;

  public KafkaSpike(String url, Duration inProcess) { this.url = url; this.inProcess = inProcess; }

  @Override public String name() { return "kafka"; }
  @Override public List<Setting> settings() { return List.of(); }
  @Override public Broker create(BrokerContext context) { return new KafkaSpike(url, inProcess); }
  @Override public dev.missive.spi.Admin admin() { return this; }
  @Override public <T> Optional<T> unwrap(Class<T> type) { return Optional.empty(); }
  @Override public CompletionStage<List<Topology.Difference>> compare(Topology.Plan plan) { return CompletableFuture.completedFuture(List.of()); }
  @Override public Sender sender(Duration deadline) { return this; }

  private Map<String, Object> config(Object... more) {
    Map<String, Object> config = new HashMap<>(Map.of("bootstrap.servers", url, "request.timeout.ms", 15_000, "acks", "all", "linger.ms", 0,
        "enable.auto.commit", false, "auto.offset.reset", "earliest", "isolation.level", "read_committed", "session.timeout.ms", 6000));
    config.put("partition.assignment.strategy", CooperativeStickyAssignor.class.getName());
    for (int i = 0; i < more.length; i += 2) config.put((String) more[i], more[i + 1]);
    return config;
  }

  private <T> CompletableFuture<T> later(Callable<T> task) {
    return CompletableFuture.supplyAsync(() -> {
      try { return task.call(); } catch (Exception e) { throw new MessagingException(ErrorCode.BROKER_UNREACHABLE, "spike", e); }
    }, work);
  }

  @Override public CompletionStage<Traits> connect() {
    return later(() -> {
      admin = org.apache.kafka.clients.admin.Admin.create(config());
      admin.describeCluster().nodes().get();
      producer = new KafkaProducer<>(config(), new ByteArraySerializer(), new ByteArraySerializer());
      Map<Capability, Capability.Support> can = Map.of(Capability.KEY_ORDER, Capability.Support.NATIVE, Capability.ORDERED_RETRY, Capability.Support.EMULATED);
      return new Traits("4", can, 1_000_000, inProcess, Duration.ofSeconds(15), Duration.ZERO, Duration.ofSeconds(45));
    });
  }

  @Override public CompletionStage<Void> close(Duration atMost) {
    subs.forEach(Sub::close);
    return later(() -> { if (producer != null) { producer.close(atMost); admin.close(atMost); } return (Void) null; }).whenComplete((v, e) -> work.shutdown());
  }

  // ---- topology: topics, then end offsets first and only the missing ones committed
  @Override public CompletionStage<Void> declare(Topology.Plan plan) {
    return later(() -> {
      for (Topology.Entry e : plan.entries()) {
        create(e.topic(), 4);
        if (e.group() == null) continue;
        String group = e.topic() + "." + e.group();
        create(group + ".dlq", 1);
        create(group + ".retry.15s", 1);
        Map<TopicPartition, org.apache.kafka.clients.admin.OffsetSpec> latest = new HashMap<>();
        for (var p : admin.describeTopics(List.of(e.topic())).allTopicNames().get().get(e.topic()).partitions())
          latest.put(new TopicPartition(e.topic(), p.partition()), org.apache.kafka.clients.admin.OffsetSpec.latest());
        var ends = admin.listOffsets(latest).all().get();
        var committed = admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get();
        Map<TopicPartition, OffsetAndMetadata> seed = new HashMap<>();
        ends.forEach((tp, end) -> { if (committed.get(tp) == null) seed.put(tp, new OffsetAndMetadata(end.offset())); });
        if (!seed.isEmpty()) admin.alterConsumerGroupOffsets(group, seed).all().get();
      }
      return (Void) null;
    });
  }

  private void create(String topic, int partitions) throws Exception {
    try { admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1))).all().get(); } catch (ExecutionException e) { if (!(e.getCause() instanceof TopicExistsException)) throw e; }
  }

  @Override public CompletionStage<Topology.Depth> depth(Destination of) {
    return later(() -> {
      Destination.DeadLetters d = (Destination.DeadLetters) of;
      String name = d.topic() + "." + d.group() + ".dlq";
      TopicPartition tp = new TopicPartition(name, 0);
      long end = admin.listOffsets(Map.of(tp, org.apache.kafka.clients.admin.OffsetSpec.latest())).all().get().get(tp).offset();
      OffsetAndMetadata at = admin.listConsumerGroupOffsets(name).partitionsToOffsetAndMetadata().get().get(tp);
      long left = at == null ? end : end - at.offset() - Ranges.parse(at.metadata()).size();
      return new Topology.Depth(left, 0, left, Instant.now(), List.of());
    });
  }

  // ---- sending
  @Override public void send(Destination to, Message m, Instant notBefore, Result result) {
    String topic = to instanceof Destination.Topic t ? t.topic() : to instanceof Destination.Group g ? g.topic() + "." + g.group() + ".retry.15s"
        : to instanceof Destination.DeadLetters d ? d.topic() + "." + d.group() + ".dlq" : "";
    ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(topic, m.key(), m.payload());
    Map<String, String> headers = new LinkedHashMap<>(m.headers());
    headers.put(Header.ID, m.id());
    headers.put(Header.TOPIC, m.topic());
    if (m.type() != null) headers.put(Header.TYPE, m.type());
    if (m.timestamp() != null) headers.put(Header.TIMESTAMP, "" + m.timestamp().toEpochMilli());
    if (notBefore != null) headers.put(Header.NOT_BEFORE, "" + notBefore.toEpochMilli());
    headers.forEach((name, value) -> record.headers().add(name, value.getBytes(UTF_8)));
    work.execute(() -> producer.send(record, (at, error) -> {
      if (error == null) result.stored(at.partition(), at.offset());
      else result.failed(new PublishException(ErrorCode.BROKER_UNREACHABLE, PublishException.Outcome.UNKNOWN, "kafka", error));
    }));
  }

  // ---- consuming
  @Override public Subscription subscribe(Subscription.Spec spec, DeliveryListener listener) {
    boolean letters = spec.kind() == Subscription.Kind.DEAD_LETTERS;
    String group = spec.topic() + "." + spec.group();
    Sub sub = new Sub(letters ? group + ".dlq" : group, letters ? List.of(group + ".dlq") : List.of(spec.topic(), group + ".retry.15s"), spec.maxInFlight(), listener);
    subs.add(sub);
    sub.thread.start();
    return sub;
  }

  final class Sub implements Subscription, ConsumerRebalanceListener {
    final Map<TopicPartition, Part> parts = new ConcurrentHashMap<>();
    final Thread thread = new Thread(this::loop);
    final KafkaConsumer<byte[], byte[]> consumer;
    final List<String> topics;
    final int window;
    final DeliveryListener listener;
    final CompletableFuture<Void> ready = new CompletableFuture<>(), stopped = new CompletableFuture<>(), ended = new CompletableFuture<>();
    volatile boolean paused, stop, close;

    Sub(String group, List<String> topics, int window, DeliveryListener listener) {
      this.topics = topics; this.window = window; this.listener = listener;
      this.consumer = new KafkaConsumer<>(config("group.id", group), new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }
    @Override public CompletionStage<Void> ready() { return ready; }
    @Override public String address() { return topics.get(0); }
    @Override public void pause() { paused = true; }
    @Override public void resume() { paused = false; }
    @Override public CompletionStage<Void> stop() { stop = true; return stopped; }
    @Override public CompletionStage<Void> close() { stop = close = true; return ended; }
    int unsettled() { return parts.values().stream().mapToInt(p -> p.open().size()).sum(); }

    void loop() {
      consumer.subscribe(topics, this);
      long committed = System.nanoTime();
      while (!close) {
        if (stop) stopped.complete(null);
        if (System.nanoTime() - committed > 100_000_000L) { commit(false); committed = System.nanoTime(); }
        for (Part part : parts.values()) {
          if (paused || stop || unsettled() >= window || part.until > System.currentTimeMillis()) consumer.pause(List.of(part.tp)); else consumer.resume(List.of(part.tp));
        }
        ConsumerRecords<byte[], byte[]> records = consumer.poll(Duration.ofMillis(10));
        for (TopicPartition tp : records.partitions()) for (ConsumerRecord<byte[], byte[]> r : records.records(tp)) {
          Part part = parts.get(tp);
          In in = new In(r);
          String at = in.headers().get(Header.NOT_BEFORE);
          part.until = tp.topic().endsWith(".15s") && at != null ? Math.min(Long.parseLong(at), r.timestamp() + 15_000) : 0;
          if (stop || unsettled() >= window || part.until > System.currentTimeMillis()) { consumer.seek(tp, r.offset()); break; }
          part.next = r.offset() + 1;
          if (!part.done.contains(r.offset())) { part.add(r.offset()); listener.delivered(new Held(part, in), false); }
        }
      }
      commit(true);
      stopped.complete(null);
      List.copyOf(parts.values()).forEach(p -> p.over = true);
      consumer.close(CloseOptions.timeout(Duration.ofSeconds(2)));
      ended.complete(null);
    }

    void commit(boolean sync) {
      Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
      parts.forEach((tp, part) -> { OffsetAndMetadata now = part.state(); if (!now.equals(part.last)) offsets.put(tp, part.last = now); });
      if (offsets.isEmpty()) return;
      try { if (sync) consumer.commitSync(offsets, Duration.ofSeconds(2)); else consumer.commitAsync(offsets, null); }
      catch (RuntimeException e) { offsets.keySet().forEach(tp -> parts.get(tp).last = null); }
    }

    @Override public void onPartitionsAssigned(Collection<TopicPartition> added) {
      if (!added.isEmpty()) consumer.committed(new HashSet<>(added)).forEach((tp, at) -> parts.put(tp, new Part(tp, consumer.position(tp), at == null ? "" : at.metadata())));
      ready.complete(null);
    }
    @Override public void onPartitionsRevoked(Collection<TopicPartition> gone) { // S12: wait for what runs, then commit
      if (close) return;
      gone.forEach(tp -> listener.revoking(parts.get(tp)));
      long end = System.nanoTime() + 20_000_000_000L;
      while (System.nanoTime() < end && gone.stream().anyMatch(tp -> !parts.get(tp).open().isEmpty())) java.util.concurrent.locks.LockSupport.parkNanos(5_000_000);
      commit(true);
      onPartitionsLost(gone);
    }
    @Override public void onPartitionsLost(Collection<TopicPartition> gone) {
      gone.forEach(tp -> { Part part = parts.remove(tp); part.over = true; listener.revoked(part); });
    }
  }
}
