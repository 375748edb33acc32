package dev.missive.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Consumer;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.testkit.MemoryBroker;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/**
 * What a stranger may do to the quickstart; in this process, so that the broker can be prepared.
 */
final class QuickstartTest {
  private final String topic = "quickstart-" + UUID.randomUUID();
  private final ByteArrayOutputStream output = new ByteArrayOutputStream();

  @TempDir Path folder;

  @Test
  void what_an_earlier_run_left_behind_is_handled_and_named_apart() throws Exception {
    try (Messaging earlier = Messaging.builder().setting("broker", "memory").open()) {
      earlier.topology().declare(topic, "quickstart");
      for (String text : new String[] {"{}", "{}", "{\"unfinished", "{}"}) {
        earlier.producer().publish(Message.builder(topic).text(text).build());
      }
    }

    // One handler, so that it meets the old ones first.
    int exit = run("--input", input("{}\n{}\n"), "--steady", "--concurrency", "1");

    assertThat(printed())
        .contains("read 2 + left over by earlier runs 4 = handled 5 + dead-lettered 1");
    assertThat(exit).isZero();
  }

  @Test
  void a_second_run_adds_up_beside_the_dead_letters_of_the_first() throws Exception {
    String input = input("{}\n{\"unfinished\n");
    assertThat(run("--input", input, "--steady")).isZero();
    assertThat(run("--input", input, "--steady")).isZero();
    assertThat(printed().split("read 2 = handled 1 \\+ dead-lettered 1", -1)).hasSize(3);
  }

  /** Two runs at once share a group, and neither hears what the other one handles. */
  @Test
  void a_second_run_at_the_same_time_is_named_instead_of_waited_for() throws Exception {
    try (Messaging other = Messaging.builder().setting("broker", "memory").open()) {
      Consumer thief = other.consumer(topic).group("quickstart").handler(message -> {}).build();
      thief.start();
      thief.ready().toCompletableFuture().join();

      int exit = run("--input", input("{}\n".repeat(200)), "--steady", "--concurrency", "1");

      assertThat(printed())
          .contains("read 200 != handled")
          .contains("0 not published, the rest were handled by another run of the same group")
          .contains("--topic");
      assertThat(exit).isEqualTo(1);
    }
  }

  @Test
  void a_record_that_no_broker_takes_makes_the_count_wrong() throws Exception {
    int exit = run("--input", input("{}\n{\"a\":\"" + "x".repeat(1_000_000) + "\"}\n"), "--steady");

    assertThat(printed())
        .contains("not published: [MSG-TOO-LARGE]")
        .contains("read 2 != handled 1 + dead-lettered 0")
        .contains("the other 1: 1 not published");
    assertThat(exit).isEqualTo(1);
  }

  @Test
  void a_broker_that_is_down_is_an_error_at_once() {
    MemoryBroker broker = MemoryBroker.named("default");
    broker.down();
    try {
      assertThat(run()).isEqualTo(3);
    } finally {
      broker.up();
    }
    assertThat(printed())
        .startsWith("quickstart: [MSG-BROKER-UNREACHABLE] memory cannot be reached")
        .contains("are its address and port right? See docs/errors.md#")
        .doesNotContain("at dev.missive");
  }

  @Test
  void wrong_arguments_are_named() throws Exception {
    assertThat(run("--key", "net")).isEqualTo(2);
    assertThat(run("--concurrency", "0")).isEqualTo(2);
    assertThat(run("--concurrency", "many")).isEqualTo(2);
    assertThat(run("--drain", "-1")).isEqualTo(2);
    assertThat(run("--group", "a.b")).isEqualTo(2);
    assertThat(run("--input", folder.toString())).isEqualTo(2);
    assertThat(run("--nosuch")).isEqualTo(2);
    assertThat(printed())
        .contains("\"net\" is not a JSON pointer such as /properties/net")
        .contains("MSG-CONFIG-INVALID", "many", "--drain was -1", "MSG-NAME-INVALID")
        .contains(folder + " is not a file", "--nosuch")
        .doesNotContain("at dev.missive");
  }

  private int run(String... arguments) {
    PrintStream stream = new PrintStream(output, true, StandardCharsets.UTF_8);
    Quickstart quickstart = new Quickstart(stream, stream);
    quickstart.quiet = Duration.ofMillis(500);
    CommandLine line = new CommandLine(quickstart).setErr(new PrintWriter(stream, true));
    String[] all = new String[arguments.length + 2];
    all[0] = "--topic";
    all[1] = topic;
    System.arraycopy(arguments, 0, all, 2, arguments.length);
    return line.execute(all);
  }

  private String printed() {
    return output.toString(StandardCharsets.UTF_8);
  }

  private String input(String records) throws IOException {
    return Files.writeString(folder.resolve("records.ndjson"), records).toString();
  }
}
