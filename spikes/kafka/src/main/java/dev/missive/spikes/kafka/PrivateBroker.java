package dev.missive.spikes.kafka;

import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;

/** One forked broker: start, kill -9, any other signal. */
final class PrivateBroker implements dev.missive.spikes.Scenario.Server, AutoCloseable {
  final Path data;
  final int port;
  private final int advertised;
  private Process process;

  PrivateBroker(int port, int advertised) throws Exception {
    this.data = Files.createTempDirectory("kafka-spike");
    this.port = port;
    this.advertised = advertised;
    start();
  }

  void start() throws Exception {
    Path script = Path.of("spikes/kafka/broker.sh").toAbsolutePath();
    process = new ProcessBuilder(script.toString(), data.toString(), "" + port, "" + (port + 1), "" + advertised).inheritIO().start();
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
    while (true) {
      try (Socket socket = new Socket()) {
        socket.connect(new InetSocketAddress("127.0.0.1", port), 200);
        return;
      } catch (java.io.IOException e) {
        if (!process.isAlive()) throw new IllegalStateException("the broker ended; see " + data);
        Thread.sleep(50);
      }
    }
  }

  void kill() throws Exception { process.destroyForcibly().waitFor(); }

  void signal(String name) throws Exception { new ProcessBuilder("kill", "-" + name, "" + process.pid()).inheritIO().start().waitFor(); }

  @Override public void killAndRestart() throws Exception { kill(); start(); }

  @Override public void close() { process.destroyForcibly(); }
}
