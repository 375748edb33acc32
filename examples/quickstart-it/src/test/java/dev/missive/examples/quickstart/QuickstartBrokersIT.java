package dev.missive.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.testkit.Eventually;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.BrokerOptions;
import dev.missive.testkit.launcher.Brokers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The packaged quickstart as a process of its own, on each real broker. */
@Tag("broker")
final class QuickstartBrokersIT {
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final int RECORDS = 200;
  private static final Pattern HANDLED = Pattern.compile("= handled ([\\d,]+) \\+ dead-lettered 0");

  @TempDir Path folder;

  /** A broker, and how {@code ./run} hands it over. */
  enum Real {
    RABBITMQ(Brokers.rabbitmq(), "RABBITMQ_URL", "amqp://127.0.0.1:1"),
    KAFKA(Brokers.kafka(), "KAFKA_BROKERS", "127.0.0.1:1"),
    NATS(Brokers.nats(), "NATS_URL", "nats://127.0.0.1:1");

    private final BrokerOptions options;
    private final String variable;
    private final String nobody;

    Real(BrokerOptions options, String variable, String nobody) {
      this.options = options;
      this.variable = variable;
      this.nobody = nobody;
    }

    String id() {
      return name().toLowerCase(Locale.ROOT);
    }

    String url() {
      return LiveBrokers.shared(options).url();
    }
  }

  @ParameterizedTest
  @EnumSource
  void the_shipped_records_add_up(Real broker) throws Exception {
    try (Run run = new Run(broker, broker.url(), "--topic", topic())) {
      assertThat(run.exit()).as(run.output()).isZero();
      assertThat(run.output())
          .contains("read 1,707 = handled 1,705 + dead-lettered 2")
          .contains("handled by type: {earthquake=1677, explosion=15, quarry blast=13}");
    }
  }

  @ParameterizedTest
  @EnumSource
  void a_broker_that_does_not_answer_is_named_with_what_to_do(Real broker) throws Exception {
    try (Run run = new Run(broker, broker.nobody)) {
      assertThat(run.exit()).as(run.output()).isEqualTo(3);
      assertThat(run.output())
          .contains("MSG-BROKER-UNREACHABLE", "127.0.0.1:1", "address and port right?")
          .contains("./run quickstart --broker " + broker.id() + " --start-broker")
          .doesNotContain("at dev.missive");
    }
  }

  /**
   * They share a group, so that each handles records that the other one waits for; with keys, so
   * that Kafka spreads them over its partitions.
   */
  @ParameterizedTest
  @EnumSource
  void two_at_once_on_one_topic_end_and_say_why_they_do_not_add_up(Real broker) throws Exception {
    String[] options = {"--topic", topic(), "--input", "-", "--key", "/n", "--steady"};
    try (Run one = new Run(broker, broker.url(), options);
        Run two = new Run(broker, broker.url(), options)) {
      one.shows("Publishing to");
      two.shows("Publishing to");
      one.feedAll();
      two.feedAll();

      assertThat(List.of(one.exit(), two.exit())).contains(1);
      for (Run run : List.of(one, two)) {
        if (run.exit() != 0) {
          assertThat(run.output())
              .contains("the rest were handled by another run of the same group", "--topic");
        }
      }
      assertThat(one.handled() + two.handled()).isGreaterThanOrEqualTo(2 * RECORDS);
    }
  }

  /** With one key and one handler, so that the next run meets what was left before its own. */
  @ParameterizedTest
  @EnumSource
  void what_an_interrupt_leaves_at_the_broker_is_handled_by_the_next_run(Real broker)
      throws Exception {
    List<String> options =
        List.of(
            "--topic", topic(), "--input", "-", "--key", "/k", "--steady", "--concurrency", "1");
    List<String> stuck = new ArrayList<>(options);
    stuck.addAll(List.of("--stuck", "--drain", "1"));
    try (Run run = new Run(broker, broker.url(), stuck.toArray(new String[0]))) {
      run.feed();
      run.shows("read " + RECORDS + "  handled 0 (");
      run.interrupt();

      assertThat(run.exit()).as(run.output()).isZero();
      assertThat(run.output())
          .contains("interrupted: draining", "+ abandoned 1,", "did not return, it is at")
          .contains("0 not published, the rest wait at the broker");
    }

    try (Run next = new Run(broker, broker.url(), options.toArray(new String[0]))) {
      next.shows("Publishing to");
      next.feedAll();

      assertThat(next.exit()).as(next.output()).isZero();
      assertThat(next.output()).contains("read " + RECORDS + " + left over by earlier runs ");
      // The one that was in a handler may come back later: NATS waits for its ack first.
      assertThat(next.handled()).isGreaterThanOrEqualTo(2 * RECORDS - 1);
    }
  }

  private static String topic() {
    return "quickstart." + UUID.randomUUID();
  }

  /** One process. Its output goes to a file: reading a pipe would wait for a process that hangs. */
  private final class Run implements AutoCloseable {
    private final Path output = folder.resolve(UUID.randomUUID().toString());
    private final Process process;

    Run(Real broker, String url, String... options) throws IOException {
      List<String> command = new ArrayList<>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.addAll(List.of("-Duser.language=en", "-cp", System.getProperty("java.class.path")));
      command.addAll(List.of(Quickstart.class.getName(), "--broker", broker.id()));
      command.addAll(Arrays.asList(options));
      ProcessBuilder builder =
          new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
      builder.environment().put(broker.variable, url);
      if (!url.equals(broker.nobody)) {
        // The first declare at a new broker takes its time on a busy machine.
        builder.environment().put("MESSAGING_CONNECT_TIMEOUT", "60s");
      }
      process = builder.start();
    }

    /** Gives it records, and more might come. */
    void feed() throws IOException {
      StringBuilder records = new StringBuilder();
      for (int i = 0; i < RECORDS; i++) {
        records.append("{\"n\":\"").append(i).append("\",\"k\":\"one\"}\n");
      }
      process.getOutputStream().write(records.toString().getBytes(StandardCharsets.UTF_8));
      process.getOutputStream().flush();
    }

    void feedAll() throws IOException {
      feed();
      process.getOutputStream().close();
    }

    /** What a service manager does, and Ctrl-C; a JVM below a shell may ignore the latter. */
    void interrupt() {
      process.toHandle().destroy();
    }

    void shows(String text) {
      Eventually.await(text, PATIENCE, () -> output().contains(text) || !process.isAlive());
      assertThat(output()).contains(text);
    }

    int exit() throws InterruptedException {
      boolean ended = process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      assertThat(ended).as(output()).isTrue();
      return process.exitValue();
    }

    int handled() {
      Matcher sum = HANDLED.matcher(output());
      assertThat(sum.find()).as(output()).isTrue();
      return Integer.parseInt(sum.group(1).replace(",", ""));
    }

    String output() {
      try {
        return Files.readString(output);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void close() {
      process.destroyForcibly();
    }
  }
}
