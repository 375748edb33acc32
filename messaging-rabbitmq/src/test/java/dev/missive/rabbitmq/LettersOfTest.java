package dev.missive.rabbitmq;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Envelope;
import dev.missive.Header;
import java.time.Instant;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a letter shows of itself that the broker moved there. */
final class LettersOfTest {
  private static final Instant TIME = Instant.ofEpochSecond(1_700_000_000);

  private final LettersOf letters = new LettersOf("orders.*", "g", "orders.*.g");

  @Test
  void the_reason_of_the_broker_is_told_in_our_words() {
    assertThat(headers("delivery_limit", Map.of())).containsEntry(Header.DL_REASON, "crash-limit");
    assertThat(headers("expired", Map.of())).containsEntry(Header.DL_REASON, "expired");
    assertThat(headers("rejected", Map.of())).containsEntry(Header.DL_REASON, "rejected");
    assertThat(headers("maxlen", Map.of())).containsEntry(Header.DL_REASON, "maxlen");
  }

  @Test
  void it_says_whose_it_is_when_it_died_and_how_often() {
    assertThat(headers("expired", Map.of()))
        .containsEntry(Header.DL_TOPIC, "orders.*")
        .containsEntry(Header.DL_GROUP, "g")
        .containsEntry(Header.DL_AT, TIME.toString())
        .containsEntry(Header.DL_COUNT, "1");
    // Redriven twice before that.
    assertThat(headers("expired", Map.of(Header.DL_COUNT, "2")))
        .containsEntry(Header.DL_COUNT, "3");
  }

  @Test
  void it_says_when_it_was_published_and_how_many_runs_had_failed() {
    assertThat(headers("delivery_limit", Map.of()))
        .doesNotContainKeys(Header.DL_ATTEMPTS, Header.DL_TIMESTAMP);
    assertThat(
            headers(
                "delivery_limit",
                Map.of(Header.ATTEMPT, "3", Header.TIMESTAMP, "" + TIME.toEpochMilli())))
        .containsEntry(Header.DL_ATTEMPTS, "2")
        .containsEntry(Header.DL_TIMESTAMP, TIME.toString());
  }

  @Test
  void what_comes_from_another_queue_stays_foreign() {
    LettersOf others = new LettersOf("orders.*", "others", "orders.*.others");

    assertThat(message(others, "expired", Map.of()).headers()).isEmpty();
  }

  private Map<String, String> headers(String reason, Map<String, Object> more) {
    return message(letters, reason, more).headers();
  }

  private static RabbitMessage message(LettersOf letters, String reason, Map<String, Object> more) {
    Map<String, Object> death =
        Map.of(
            "queue",
            "orders.*.g",
            "reason",
            reason,
            "time",
            Date.from(TIME),
            "count",
            1L,
            "routing-keys",
            List.of("orders.eu"));
    Map<String, Object> headers = new HashMap<>(more);
    headers.put("x-death", List.of(death));
    return new RabbitMessage(
        new Envelope(1, false, "", "orders.*.g.dlq"),
        new BasicProperties.Builder().headers(headers).build(),
        new byte[0],
        letters);
  }
}
