package dev.missive.testkit.launcher;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** The few bytes of each protocol that tell whether a broker answers. */
final class Wire {
  private static final int CONNECT_MILLIS = 1_000;
  private static final int READ_MILLIS = 3_000;
  private static final byte[] AMQP = {'A', 'M', 'Q', 'P', 0, 0, 9, 1};
  private static final int LONGEST = 65_536;

  private Wire() {}

  private static Socket connect(int port) throws IOException {
    Socket socket = new Socket();
    try {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), CONNECT_MILLIS);
      socket.setSoTimeout(READ_MILLIS);
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  /** Somebody listens. */
  static void open(int port) throws IOException {
    connect(port).close();
  }

  /** RabbitMQ answers the header of AMQP 0-9-1 with a method frame. */
  static void amqp(int port) throws IOException {
    try (Socket socket = connect(port)) {
      socket.getOutputStream().write(AMQP);
      int first = socket.getInputStream().read();
      if (first != 1) {
        throw new IOException("the answer to an AMQP header began with " + first);
      }
    }
  }

  /** NATS begins with a line INFO. */
  static void nats(int port) throws IOException {
    try (Socket socket = connect(port)) {
      String line = new String(socket.getInputStream().readNBytes(4), StandardCharsets.US_ASCII);
      if (!line.equals("INFO")) {
        throw new IOException("the first line began with \"" + line + "\"");
      }
    }
  }

  /** Asks over HTTP; anything but 200 is an error. */
  static String http(int port, String path) throws IOException {
    try (Socket socket = connect(port)) {
      String request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      InputStream in = socket.getInputStream();
      String answer = new String(in.readNBytes(LONGEST), StandardCharsets.UTF_8);
      if (!answer.startsWith("HTTP/1.1 200")) {
        throw new IOException(path + " answered " + answer.lines().findFirst().orElse("nothing"));
      }
      return answer;
    }
  }

  /** Kafka's Metadata request, version 1, for no topic. Gives the number of brokers it knows. */
  static int kafka(int port) throws IOException {
    try (Socket socket = connect(port)) {
      // Length, key 3, version 1, correlation 7, no client id, no topics.
      byte[] request = {0, 0, 0, 14, 0, 3, 0, 1, 0, 0, 0, 7, -1, -1, 0, 0, 0, 0};
      socket.getOutputStream().write(request);
      DataInputStream in = new DataInputStream(socket.getInputStream());
      int length = in.readInt();
      if (length < 8 || length > LONGEST || in.readInt() != 7) {
        throw new IOException("the answer to a Metadata request makes no sense");
      }
      return in.readInt();
    }
  }
}
