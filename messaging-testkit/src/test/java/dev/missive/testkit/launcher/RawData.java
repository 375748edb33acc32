package dev.missive.testkit.launcher;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** Puts something that lasts into a broker and looks for it, without any client library. */
final class RawData {
  private static final int TIMEOUT_MILLIS = 30_000;

  private RawData() {}

  static void store(LiveBroker broker, String name) throws IOException {
    switch (broker.kind()) {
      case RABBITMQ -> broker.node().tool("rabbitmqctl", "add_vhost", name);
      case KAFKA -> kafka(broker.node().port(), createTopic(name));
      case NATS ->
          nats(
              broker.node().port(),
              "$JS.API.STREAM.CREATE." + name,
              "{\"name\":\"" + name + "\",\"subjects\":[\"" + name + "\"]}");
    }
  }

  static boolean holds(LiveBroker broker, String name) throws IOException {
    int port = broker.node().port();
    return switch (broker.kind()) {
      case RABBITMQ -> broker.node().tool("rabbitmqctl", "-q", "list_vhosts").contains(name);
      case KAFKA -> metadata(port).contains(name);
      case NATS -> nats(port, "$JS.API.STREAM.NAMES", "{}").contains("\"" + name + "\"");
    };
  }

  /** All topics and all brokers with their addresses, as bytes that can be searched. */
  static String metadata(int port) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    header(out, 3, 1);
    out.writeInt(-1);
    return kafka(port, bytes.toByteArray());
  }

  private static byte[] createTopic(String name) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    header(out, 19, 2);
    out.writeInt(1);
    out.writeUTF(name);
    out.writeInt(1);
    out.writeShort(1);
    out.writeInt(0);
    out.writeInt(0);
    out.writeInt(TIMEOUT_MILLIS);
    out.writeBoolean(false);
    return bytes.toByteArray();
  }

  private static void header(DataOutputStream out, int key, int version) throws IOException {
    out.writeShort(key);
    out.writeShort(version);
    out.writeInt(1);
    out.writeShort(-1);
  }

  private static String kafka(int port, byte[] request) throws IOException {
    try (Socket socket = connect(port)) {
      DataOutputStream out = new DataOutputStream(socket.getOutputStream());
      out.writeInt(request.length);
      out.write(request);
      DataInputStream in = new DataInputStream(socket.getInputStream());
      return new String(in.readNBytes(in.readInt()), StandardCharsets.ISO_8859_1);
    }
  }

  private static String nats(int port, String subject, String body) throws IOException {
    try (Socket socket = connect(port)) {
      String request =
          "CONNECT {\"verbose\":false}\r\nSUB answer 1\r\nPUB "
              + subject
              + " answer "
              + body.length()
              + "\r\n"
              + body
              + "\r\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      StringBuilder seen = new StringBuilder();
      for (int next = socket.getInputStream().read(); ; next = socket.getInputStream().read()) {
        seen.append((char) next);
        int message = seen.indexOf("MSG answer");
        if (next < 0 || message >= 0 && seen.indexOf("}\r\n", message) > 0) {
          return seen.substring(Math.max(0, message));
        }
      }
    }
  }

  private static Socket connect(int port) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(TIMEOUT_MILLIS);
    return socket;
  }
}
