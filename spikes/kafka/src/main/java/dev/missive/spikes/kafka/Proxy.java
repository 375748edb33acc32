package dev.missive.spikes.kafka;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A TCP proxy in this process that can swallow bytes in both directions without closing anything. */
final class Proxy {
  private final List<Socket> open = new CopyOnWriteArrayList<>();
  private final int to;
  volatile boolean swallow;

  Proxy(int port, int to) throws IOException {
    this.to = to;
    ServerSocket server = new ServerSocket(port, 50, InetAddress.getLoopbackAddress());
    run(() -> {
      while (true) {
        Socket in = server.accept();
        if (swallow) { open.add(in); continue; } // accepted by the kernel, answered by nobody
        Socket out;
        try { out = new Socket("127.0.0.1", this.to); } catch (IOException e) { in.close(); continue; }
        open.addAll(List.of(in, out));
        pump(in, out);
        pump(out, in);
      }
    });
  }

  void cutAll() throws IOException { for (Socket socket : open) socket.close(); open.clear(); }

  private void pump(Socket from, Socket into) {
    run(() -> {
      byte[] buffer = new byte[65536];
      InputStream in = from.getInputStream();
      OutputStream out = into.getOutputStream();
      try (from; into) { for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) if (!swallow) out.write(buffer, 0, n); }
    });
  }

  private interface Task { void run() throws IOException; }

  private static void run(Task task) {
    Thread thread = new Thread(() -> { try { task.run(); } catch (IOException e) { /* a connection ended */ } });
    thread.setDaemon(true);
    thread.start();
  }
}
