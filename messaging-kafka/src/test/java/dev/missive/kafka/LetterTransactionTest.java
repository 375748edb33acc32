package dev.missive.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A move of dead letters whose broker has gone away. */
final class LetterTransactionTest {
  private static final Duration FOR_EVER = Duration.ofMillis(Long.MAX_VALUE);

  private final Watched producer = new Watched();

  @Test
  void one_that_fails_is_not_waited_for_long() {
    producer.flushException = new TimeoutException("the broker is away");

    assertThatThrownBy(
            () -> {
              try (LetterTransaction transaction = new LetterTransaction(producer)) {
                transaction.append(List.of(letter()));
              }
            })
        .isInstanceOf(TimeoutException.class);

    assertThat(producer.patience).isEqualTo(LetterTransaction.PATIENCE);
  }

  @Test
  void a_letter_that_moves_stays_what_it_is() throws Exception {
    ConsumerRecord<byte[], byte[]> letter = letter();
    letter.headers().add("missive-dl-reason", "rejected".getBytes(UTF_8));
    try (LetterTransaction transaction = new LetterTransaction(producer)) {
      transaction.append(List.of(letter));
      transaction.commit();
    }

    ProducerRecord<byte[], byte[]> moved = producer.history().get(0);
    assertThat(moved.topic()).isEqualTo("l");
    assertThat(moved.partition()).isZero();
    assertThat(moved.timestamp()).isEqualTo(17);
    assertThat(moved.key()).isEqualTo("key".getBytes(UTF_8));
    assertThat(moved.value()).isEqualTo("body".getBytes(UTF_8));
    assertThat(moved.headers()).isEqualTo(letter.headers());
  }

  private static ConsumerRecord<byte[], byte[]> letter() {
    return new ConsumerRecord<>(
        "l",
        0,
        7,
        17,
        TimestampType.CREATE_TIME,
        0,
        1,
        "key".getBytes(UTF_8),
        "body".getBytes(UTF_8),
        new RecordHeaders(),
        Optional.empty());
  }

  /** A producer of Kafka's own with an open transaction waits in close until that has ended. */
  private static final class Watched extends MockProducer<byte[], byte[]> {
    volatile @Nullable Duration patience;

    Watched() {
      super(true, null, new ByteArraySerializer(), new ByteArraySerializer());
    }

    @Override
    public void close() {
      close(FOR_EVER);
    }

    @Override
    public void close(Duration timeout) {
      patience = timeout;
      super.close(timeout);
    }
  }
}
