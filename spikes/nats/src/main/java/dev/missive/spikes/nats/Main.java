package dev.missive.spikes.nats;

import dev.missive.spikes.Scenario;
import java.io.File;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;

/** Arguments: path of nats-server, port. Starts it in a folder of its own and runs the scenario. */
final class Main {
  private static final AtomicReference<Process> SERVER = new AtomicReference<>();

  private Main() {}

  public static void main(String[] args) throws Exception {
    Path data = Files.createTempDirectory("nats-spike");
    int port = Integer.parseInt(args[1]);
    start(args[0], port, data);
    try {
      Scenario.run(
          NatsSpike.provider(),
          Map.of("nats.url", "nats://127.0.0.1:" + port),
          () -> {
            java.util.Objects.requireNonNull(SERVER.get()).destroyForcibly().waitFor();
            start(args[0], port, data);
          });
    } finally {
      java.util.Objects.requireNonNull(SERVER.get()).destroyForcibly().waitFor();
    }
  }

  private static void start(String binary, int port, Path data) throws Exception {
    File log = data.resolve("log").toFile();
    Process server =
        new ProcessBuilder(
                binary, "-a", "127.0.0.1", "-p", "" + port, "-js", "-sd", data.resolve("js") + "")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log))
            .start();
    SERVER.set(server);
    while (server.isAlive()) {
      try (Socket socket = new Socket("127.0.0.1", port)) {
        if (socket.getInputStream().read() == 'I') {
          return;
        }
      } catch (IOException e) {
        Thread.onSpinWait();
      }
    }
    throw new IllegalStateException("the server has ended: " + Files.readString(log.toPath()));
  }
}
