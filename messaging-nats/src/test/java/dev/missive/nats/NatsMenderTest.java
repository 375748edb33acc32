package dev.missive.nats;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nats.client.support.IncomingHeadersProcessor;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NatsMenderTest {
  private static final String VERSION = "NATS/1.0\r\n";

  /** As soon as this fails, jnats needs no help any more. */
  @Test
  void jnats_trips_over_headers_that_are_not_ascii() {
    assertThatThrownBy(() -> read(VERSION + "name: Zoë\r\n\r\n"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @CsvSource({
    "name: Zoë, name: Zo??",
    "ü: v, __: v",
    "bad name: v, bad_name: v",
    "no colon, no_colo:",
    ": nobody, __nobod:",
    "a: 1|, 'a: 1  '",
    "a: 1|b: 2, a: 1|b: 2",
    "a: 1|b, a: 1  b",
    "a: 1|bc, a: 1|b:",
    "a: 1||b: 2, a: 1|__b: 2",
  })
  void what_is_no_header_becomes_one(String sent, String seen) {
    assertThat(mended((VERSION + lines(sent) + "\r\n\r\n").getBytes(UTF_8), true, 100))
        .isEqualTo(VERSION + lines(seen) + "\r\n\r\n");
  }

  @Test
  void what_can_be_read_stays_as_it_is() {
    for (String block :
        List.of(
            VERSION + "\r\n",
            VERSION + "a:\r\n\r\n",
            VERSION + "a: b c \r\nd:e\r\n\r\n",
            "NATS/1.0 503\r\n\r\n",
            "NATS/1.0 404 No Messages\r\n\r\n",
            "NATS/1.0 100 Idle Heartbeat\r\nNats-Last-Consumer: 1\r\n\r\n")) {
      assertThat(mended(block.getBytes(UTF_8), false, 100)).isEqualTo(block);
      assertThatCode(() -> read(block)).as(block).doesNotThrowAnyException();
    }
  }

  /** On 2.9 the server hands it on, and a subscription would take it for the end of its pull. */
  @Test
  void what_is_stored_is_no_status() {
    assertThat(mended("NATS/1.0 503 a: b\r\n\r\n".getBytes(UTF_8), true, 100))
        .isEqualTo(VERSION + "03_a: b\r\n\r\n");
    assertThat(mended("NATS/1.0 hello\r\n\r\n".getBytes(UTF_8), false, 100))
        .isEqualTo("NATS/1.0 000 o\r\n\r\n");
  }

  @ParameterizedTest
  @CsvSource({
    "HMSG t 1 r 3 5, MSG t 1 r 0005",
    "HMSG t 1 15 1015, MSG t 1 00001015",
    "HMSG t 1 r 16 20, HMSG t 1 r 16 20",
  })
  void what_is_too_short_for_headers_is_payload(String sent, String seen) {
    assertThat(new String(through((sent + "\r\n").getBytes(UTF_8), 100), UTF_8))
        .isEqualTo(seen + "\r\n");
  }

  /** Nothing of it can be taken back; what comes behind it is right. */
  @Test
  void what_jnats_has_begun_to_read_stays_as_it_is() {
    String stream = "HMSG t 1 r 3 5\r\nüa12\r\nPING\r\n";

    assertThat(through(stream.getBytes(UTF_8), 6)).isEqualTo(stream.getBytes(UTF_8));
  }

  @Test
  void nothing_but_headers_is_touched() {
    String stream =
        "INFO {\"name\":\"ü\"}\r\nMSG s 1 3\r\nü\r\r\nPING\r\n+OK\r\n-ERR 'ü'\r\n"
            + "MSG s 1 r 0\r\n\r\nHMSG s 1 r 21 24\r\nNATS/1.0\r\na: bcde\r\n\r\nü\n\r\nPONG\r\n";

    assertThat(through(stream.getBytes(UTF_8), 7)).isEqualTo(stream.getBytes(UTF_8));
  }

  @Test
  void no_block_of_any_bytes_makes_jnats_trip() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    byte[] likely = "ab:: \r\r\n\n\t_\u00fc\u0000\u007f".getBytes(ISO_8859_1);
    for (int i = 0; i < 20_000; i++) {
      int number = i;
      byte[] block = new byte[i % 20 == 0 ? 12 : 16 + random.nextInt(20)];
      random.nextBytes(block);
      for (int at = 0; at < block.length; at++) {
        block[at] = random.nextInt(10) == 0 ? block[at] : likely[random.nextInt(likely.length)];
      }
      boolean answered = random.nextBoolean();

      String mended = mended(block, answered, 1 + random.nextInt(40));

      assertThatCode(() -> read(mended))
          .as("seed %s, block %s: %s", seed, number, mended)
          .doesNotThrowAnyException();
    }
  }

  private static String lines(String text) {
    return text.replace("|", "\r\n");
  }

  private static void read(String block) {
    new IncomingHeadersProcessor(block.getBytes(UTF_8));
  }

  /** One message with this block, and another one behind it that says whether it was counted. */
  private static String mended(byte[] headers, boolean answered, int step) {
    String line =
        "HMSG t.x 12 "
            + (answered ? "$JS.ACK.7 " : "")
            + headers.length
            + " "
            + (headers.length + 5)
            + "\r\n";
    String behind = "body\u00fc\r\nMSG s 1 1\r\n\u00fc\r\n";
    byte[] stream = new byte[line.length() + headers.length + behind.length()];
    System.arraycopy(line.getBytes(ISO_8859_1), 0, stream, 0, line.length());
    System.arraycopy(headers, 0, stream, line.length(), headers.length);
    System.arraycopy(
        behind.getBytes(ISO_8859_1), 0, stream, line.length() + headers.length, behind.length());

    String seen = new String(through(stream, step), ISO_8859_1);

    assertThat(seen).startsWith(line).endsWith(behind);
    return seen.substring(line.length(), seen.length() - behind.length());
  }

  private static byte[] through(byte[] stream, int step) {
    NatsMender mender = new NatsMender();
    byte[] seen = stream.clone();
    for (int from = 0; from < seen.length; from += step) {
      mender.mend(seen, from, Math.min(seen.length, from + step));
    }
    return seen;
  }
}
