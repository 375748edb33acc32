package dev.missive.testkit.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.testkit.Eventually;
import dev.missive.testkit.junit.LiveBrokers;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Nothing survives the JVM that started it, however that ends. */
@Execution(ExecutionMode.CONCURRENT)
final class DeadJvmTest {

  @ParameterizedTest
  @EnumSource(BrokerKind.class)
  @Tag("broker")
  void brokers_of_a_killed_jvm_die_with_it(BrokerKind kind) throws Exception {
    LiveBrokers.require(BrokerOptions.of(kind).withProcess());
    Process jvm = jvm(kind.name());
    List<Long> started = processes(jvm);
    assertThat(started).isNotEmpty().allMatch(DeadJvmTest::alive);
    Path left = folderOf(jvm);
    assertThat(left).exists();

    jvm.destroyForcibly().waitFor();

    Eventually.await("the brokers are gone", () -> started.stream().noneMatch(DeadJvmTest::alive));
    // Another JVM may sweep at the same time, and be the one that deletes it.
    Eventually.await("its folder is gone", () -> sweptAway(left));
  }

  private static boolean sweptAway(Path folder) {
    try {
      RunFolder.sweep(runs());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return !Files.exists(folder);
  }

  @Test
  @Tag("broker")
  void a_jvm_that_exits_takes_broker_and_data_with_it() throws Exception {
    LiveBrokers.require(Brokers.rabbitmq().withProcess());
    Process jvm = jvm(BrokerKind.RABBITMQ.name(), "exit");
    List<Long> started = processes(jvm);

    jvm.waitFor();

    Eventually.await("the brokers are gone", () -> started.stream().noneMatch(DeadJvmTest::alive));
    try (Stream<Path> folders = Files.list(runs())) {
      assertThat(folders).noneMatch(folder -> folder.toString().contains("-" + jvm.pid() + "-"));
    }
  }

  @Test
  void the_sweep_kills_what_is_proven_to_be_left_over_and_nothing_else() throws Exception {
    Process leftOver = new ProcessBuilder("sleep", "600").start();
    Process other = new ProcessBuilder("sleep", "600").start();
    try {
      Identity known = Identity.of(leftOver.pid()).orElseThrow();
      Identity later = Identity.of(other.pid()).orElseThrow();
      Path runs = Files.createTempDirectory("missive-runs");
      Path dead = run(runs, RunFolder.mark() + "-999999999-1", known);
      record(dead, new Identity(later.pid(), later.start() - 1));
      Identity self = Identity.of(ProcessHandle.current().pid()).orElseThrow();
      Path living = run(runs, RunFolder.mark() + "-" + self, later);
      Path elsewhere = run(runs, "another-" + "999999999-1", later);

      RunFolder.sweep(runs);

      Eventually.await("it is dead", () -> !leftOver.isAlive());
      assertThat(dead).doesNotExist();
      assertThat(other.isAlive()).isTrue();
      assertThat(living).exists();
      assertThat(elsewhere).exists();
      RunFolder.delete(runs);
    } finally {
      leftOver.destroyForcibly();
      other.destroyForcibly();
    }
  }

  private static Path run(Path runs, String name, Identity process) throws IOException {
    Path folder = runs.resolve(name);
    Files.createDirectories(folder.resolve("processes"));
    record(folder, process);
    return folder;
  }

  private static void record(Path folder, Identity process) throws IOException {
    Files.writeString(folder.resolve("processes").resolve(process.toString()), "");
  }

  private static Process jvm(String... arguments) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                HoldingMain.class.getName()));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }

  private static List<Long> processes(Process jvm) throws IOException {
    BufferedReader lines = jvm.inputReader();
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      if (line.startsWith("processes ")) {
        return Arrays.stream(line.split(" ")).skip(1).map(Long::valueOf).toList();
      }
    }
    throw new AssertionError("the JVM ended without starting a broker");
  }

  private static boolean alive(long pid) {
    return ProcessHandle.of(pid).isPresent();
  }

  private static Path folderOf(Process jvm) {
    Identity identity = Identity.of(jvm.pid()).orElseThrow();
    return runs().resolve(RunFolder.mark() + "-" + identity);
  }

  private static Path runs() {
    return BrokerHome.cache().resolve("run");
  }
}
