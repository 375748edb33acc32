package dev.missive.testkit.launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * One process of ours. It is killed when this JVM ends, also when this JVM is killed: a guard reads
 * from a pipe that only this JVM can write to. Thread-safe.
 */
final class Forked {
  private static final Duration DYING = Duration.ofSeconds(10);

  private final Process process;
  private final Identity identity;

  private Forked(Process process, Identity identity) {
    this.process = process;
    this.identity = identity;
  }

  /** Starts it; what it prints is added to the log. */
  static Forked start(List<String> command, Path folder, Path log) {
    List<String> guarded = new ArrayList<>(List.of("sh", guard(folder).toString()));
    guarded.addAll(command);
    ProcessBuilder builder =
        new ProcessBuilder(guarded)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    try {
      Process process = builder.start();
      // Gone already, or reaped? Then nobody will ask for its identity.
      Identity identity = Identity.of(process.pid()).orElse(new Identity(process.pid(), 0));
      RunFolder.get().started(process.pid());
      return new Forked(process, identity);
    } catch (IOException e) {
      throw BrokerHome.unusable(e);
    }
  }

  private static Path guard(Path folder) {
    return Site.script(folder, "guard.sh");
  }

  long pid() {
    return process.pid();
  }

  boolean alive() {
    return process.isAlive();
  }

  int exitCode() {
    return process.exitValue();
  }

  /** SIGKILL, and waits until it is gone. */
  void kill() {
    process.destroyForcibly();
    await(DYING);
    RunFolder.get().ended(identity);
  }

  /** SIGTERM; kills it if it does not end in time. */
  void stop(Duration patience) {
    // Not process.destroy(): that closes the pipe too, and the guard would kill it.
    process.toHandle().destroy();
    if (!await(patience)) {
      kill();
    }
    RunFolder.get().ended(identity);
  }

  /** Sends a signal by its name, for instance STOP. */
  void signal(String name) {
    Shell.run(DYING, List.of("sh", "-c", "kill -" + name + " " + pid()));
  }

  /** SIGSTOP, and waits until every thread stands still: the signal takes effect a little later. */
  void pause() {
    signal("STOP");
    long end = System.nanoTime() + DYING.toNanos();
    while (process.isAlive() && !stoppedNow() && System.nanoTime() - end < 0) {
      LockSupport.parkNanos(1_000_000);
    }
  }

  private boolean stoppedNow() {
    try (Stream<Path> threads = Files.list(Path.of("/proc", Long.toString(pid()), "task"))) {
      return threads.allMatch(Forked::stopped);
    } catch (IOException e) {
      return false;
    }
  }

  private static boolean stopped(Path thread) {
    try {
      String stat = Files.readString(thread.resolve("stat"));
      return stat.startsWith("T", stat.lastIndexOf(')') + 2);
    } catch (IOException e) {
      // It has just ended.
      return true;
    }
  }

  private boolean await(Duration patience) {
    try {
      return process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
