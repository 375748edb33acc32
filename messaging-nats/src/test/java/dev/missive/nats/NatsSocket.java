package dev.missive.nats;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.missive.testkit.launcher.LiveBroker;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/**
 * A client of others, which writes the protocol of NATS as it stands in its documentation. Confined
 * to one thread.
 */
final class NatsSocket implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Socket socket;
  private final InputStream in;
  private final OutputStream out;

  /** What came: the lines of its headers as they were written. */
  record Seen(String subject, List<String> headers, byte[] payload) {}

  NatsSocket(LiveBroker server) throws IOException {
    URI address = URI.create(server.directUrl());
    socket = new Socket(address.getHost(), address.getPort());
    socket.setSoTimeout((int) PATIENCE.toMillis());
    in = new BufferedInputStream(socket.getInputStream());
    out = socket.getOutputStream();
    write("CONNECT {\"verbose\":false,\"pedantic\":true,\"headers\":true,\"no_responders\":true}");
    roundTrip();
  }

  /** Publishes without headers. */
  void publish(String subject, byte[] payload) throws IOException {
    write("PUB " + subject + " " + payload.length);
    out.write(payload);
    write("");
    roundTrip();
  }

  /**
   * Publishes with headers.
   *
   * @param headers the whole block, which the server does not look at
   */
  void publish(String subject, String headers, byte[] payload) throws IOException {
    byte[] block = headers.getBytes(UTF_8);
    write("HPUB " + subject + " " + block.length + " " + (block.length + payload.length));
    out.write(block);
    out.write(payload);
    write("");
    roundTrip();
  }

  void subscribe(String subject) throws IOException {
    write("SUB " + subject + " 1");
    roundTrip();
  }

  /** Waits for the next message. */
  Seen next() throws IOException {
    for (; ; ) {
      String[] line = line().split(" ", -1);
      if (line[0].equals("PING")) {
        write("PONG");
      } else if (line[0].equals("MSG") || line[0].equals("HMSG")) {
        return seen(line);
      }
    }
  }

  /** A subject, a number, perhaps an address for answers, then the length of headers and of all. */
  private Seen seen(String[] line) throws IOException {
    boolean has = line[0].equals("HMSG");
    int all = Integer.parseInt(line[line.length - 1]);
    int head = has ? Integer.parseInt(line[line.length - 2]) : 0;
    byte[] bytes = in.readNBytes(all);
    line();
    List<String> headers =
        new String(bytes, 0, head, ISO_8859_1)
            .lines()
            .skip(1)
            .takeWhile(header -> !header.isEmpty())
            .toList();
    return new Seen(line[1], headers, Arrays.copyOfRange(bytes, head, all));
  }

  /** The server has seen what was written before; what it does not like it says. */
  private void roundTrip() throws IOException {
    write("PING");
    for (String line = line(); !line.equals("PONG"); line = line()) {
      if (line.startsWith("-ERR")) {
        throw new IOException(line);
      }
    }
  }

  private void write(String line) throws IOException {
    out.write((line + "\r\n").getBytes(UTF_8));
  }

  private String line() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new EOFException("the server has closed the connection");
      }
      line.write(b);
    }
    return line.toString(UTF_8).stripTrailing();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
