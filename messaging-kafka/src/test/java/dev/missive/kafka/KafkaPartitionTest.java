package dev.missive.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.Position;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Where a key lands: in one partition, whichever program wrote it, in this version and the next.
 */
@Tag("broker")
final class KafkaPartitionTest {
  /** By murmur2 of the key without its sign, as Kafka's own tests have it, modulo five. */
  private static final Map<String, Integer> PARTITIONS =
      Map.of(
          "21", partition(-973_932_308),
          "foobar", partition(-790_332_482),
          "a-little-bit-long-string", partition(-985_981_536),
          "a-little-bit-longer-string", partition(-1_486_304_829),
          "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", partition(-58_897_971),
          "abc", partition(479_470_107));

  private final LiveBroker broker = LiveBrokers.shared(Brokers.kafka());

  @Test
  void a_key_lands_where_other_programs_put_it() throws Exception {
    String topic = KafkaLab.topic();
    try (Messaging messaging = KafkaLab.open(broker, "classic", "kafka.partitions", "5");
        KafkaProducer<byte[], byte[]> other = KafkaLab.producer(broker)) {
      messaging.topology().declare(topic, "g");
      for (Map.Entry<String, Integer> each : PARTITIONS.entrySet()) {
        String key = each.getKey();
        Position position =
            messaging
                .producer()
                .publish(Message.builder(topic).key(key).text("x").build())
                .position();

        assertThat(Objects.requireNonNull(position).partition()).as(key).isEqualTo(each.getValue());
        var theirs = new ProducerRecord<>(topic, key.getBytes(UTF_8), new byte[] {'x'});
        assertThat(other.send(theirs).get().partition()).as(key).isEqualTo(each.getValue());
      }
    }
  }

  private static int partition(int murmur2) {
    return (murmur2 & 0x7fffffff) % 5;
  }
}
