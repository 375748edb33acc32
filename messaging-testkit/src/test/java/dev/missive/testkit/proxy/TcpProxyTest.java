package dev.missive.testkit.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.testkit.Eventually;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The proxy alone, before a server that sends back what it gets. */
final class TcpProxyTest {
  private static final int SILENCE_MILLIS = 200;
  private static final int PATIENCE_MILLIS = 15_000;

  private final EchoServer server = new EchoServer();
  private final TcpProxy proxy = TcpProxy.open(0, server.address());

  TcpProxyTest() throws IOException {}

  @AfterEach
  void close() {
    proxy.close();
    server.close();
  }

  @Test
  void bytes_pass_unchanged_both_ways_and_are_counted() throws IOException {
    byte[] sent = new byte[3_000_000];
    new Random(1).nextBytes(sent);
    try (Socket client = connect()) {
      writeBeside(client, sent);

      byte[] back = client.getInputStream().readNBytes(sent.length);

      assertThat(Arrays.equals(back, sent)).isTrue();
      // Counted when it has been written: the client may be a little faster.
      Eventually.await(
          "all is counted",
          () ->
              proxy.forwarded(Direction.TO_SERVER) == sent.length
                  && proxy.forwarded(Direction.TO_CLIENT) == sent.length);
      assertThat(proxy.accepted()).isEqualTo(1);
      assertThat(proxy.open()).isEqualTo(1);
    }
    Eventually.await("the connection is gone", () -> proxy.open() == 0);
    assertThat(server.ended).hasValue(1);
  }

  @Test
  void the_end_of_one_direction_leaves_the_other_open() throws IOException {
    try (Socket client = connect()) {
      write(client, "late".getBytes());
      client.shutdownOutput();

      assertThat(client.getInputStream().readAllBytes()).isEqualTo("late".getBytes());
    }
  }

  @Test
  void cut_ends_connections_of_now_and_not_new_ones() throws IOException {
    try (Socket client = connect()) {
      echo(client, "a");

      proxy.cut();

      assertThat(client.getInputStream().read()).isEqualTo(-1);
      Eventually.await("the server hears of it", () -> server.ended.get() == 1);
      try (Socket next = connect()) {
        echo(next, "b");
      }
    }
  }

  @Test
  void reset_is_felt_as_a_reset() throws IOException {
    try (Socket client = connect()) {
      echo(client, "a");

      proxy.reset();

      assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketException.class);
      Eventually.await("the server hears of it", () -> server.broken.get() == 1);
    }
  }

  @Test
  void cut_after_lets_exactly_so_many_bytes_through() throws IOException {
    try (Socket client = connect()) {
      echo(client, "before");
      proxy.cutAfter(Direction.TO_CLIENT, 7);

      write(client, new byte[100]);

      assertThat(client.getInputStream().readAllBytes()).hasSize(7);
    }
    try (Socket client = connect()) {
      echo(client, "once only, this is longer than seven");
    }
    proxy.cutAfter(Direction.TO_SERVER, 5);
    int before = server.received.get();
    try (Socket client = connect()) {
      write(client, new byte[100]);
      Eventually.await("the cut", () -> proxy.open() == 0);
    }
    Eventually.await("five bytes arrive", () -> server.received.get() == before + 5);

    proxy.cutAfter(Direction.TO_SERVER, 5);
    proxy.reset();
    try (Socket client = connect()) {
      echo(client, "forgotten, this is longer than five");
    }
  }

  @Test
  void half_open_connections_stay_open_and_hear_nothing_while_new_ones_work() throws IOException {
    try (Socket client = connect()) {
      echo(client, "a");

      proxy.halfOpen();
      write(client, "lost".getBytes());

      assertSilent(client);
      Eventually.await("it was swallowed", () -> proxy.swallowed(Direction.TO_SERVER) == 4);
      try (Socket next = connect()) {
        echo(next, "b");
      }
      assertThat(server.received).hasValue(2);
    }
    // The client closed; the server does not hear of it.
    Eventually.await("only the half-open one is left", () -> proxy.open() == 1);
    assertThat(server.ended).hasValue(1);
    proxy.heal();
    Eventually.await("nothing is left", () -> proxy.open() == 0);
  }

  @Test
  void a_black_hole_takes_new_connections_too_until_it_is_healed() throws IOException {
    try (Socket client = connect()) {
      echo(client, "a");

      proxy.blackhole();

      try (Socket next = connect()) {
        write(next, "lost".getBytes());
        write(client, "lost".getBytes());
        assertSilent(next);
        assertSilent(client);
        assertThat(server.received).hasValue(1);

        proxy.heal();

        assertThatThrownBy(() -> next.getInputStream().read()).isInstanceOf(SocketException.class);
        assertThatThrownBy(() -> client.getInputStream().read())
            .isInstanceOf(SocketException.class);
      }
    }
    try (Socket client = connect()) {
      echo(client, "b");
    }
  }

  @Test
  void one_direction_can_be_dropped() throws IOException {
    try (Socket client = connect()) {
      proxy.drop(Direction.TO_CLIENT);

      write(client, "question".getBytes());

      Eventually.await("it arrives", () -> server.received.get() == 8);
      Eventually.await("the answer vanishes", () -> proxy.swallowed(Direction.TO_CLIENT) == 8);
      assertSilent(client);
      assertThat(proxy.swallowed(Direction.TO_SERVER)).isZero();
    }
  }

  @Test
  void delay_holds_back_and_does_not_reorder_or_lower_the_throughput() throws IOException {
    byte[] sent = new byte[1_000_000];
    new Random(2).nextBytes(sent);
    try (Socket client = connect()) {
      echo(client, "warm");
      proxy.delay(Duration.ofMillis(100));

      long began = System.nanoTime();
      echo(client, "x");
      assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThan(Duration.ofMillis(199));

      writeBeside(client, sent);
      assertThat(Arrays.equals(client.getInputStream().readNBytes(sent.length), sent)).isTrue();
    }
  }

  @Test
  void throttle_bounds_the_throughput() throws IOException {
    proxy.throttle(100_000);
    try (Socket client = connect()) {
      long began = System.nanoTime();

      write(client, new byte[50_000]);
      client.getInputStream().readNBytes(50_000);

      Duration took = Duration.ofNanos(System.nanoTime() - began);
      assertThat(took).isGreaterThan(Duration.ofMillis(400));
      assertThat(took).isLessThan(Duration.ofSeconds(15));
    }
  }

  @Test
  void refuse_resets_new_connections_only() throws IOException {
    try (Socket client = connect()) {
      echo(client, "a");

      proxy.refuse();

      assertThatThrownBy(
              () -> {
                try (Socket next = connect()) {
                  echo(next, "b");
                }
              })
          .isInstanceOf(SocketException.class);
      echo(client, "c");
      proxy.heal();
      echo(client, "d");
      try (Socket next = connect()) {
        echo(next, "e");
      }
    }
  }

  @Test
  void a_server_that_is_not_there_is_felt_by_the_client() throws IOException {
    // Not the echo server: whoever closes it may still be given a connection.
    ServerSocket nobody = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    InetSocketAddress address = (InetSocketAddress) nobody.getLocalSocketAddress();
    nobody.close();
    try (TcpProxy alone = TcpProxy.open(0, address);
        Socket client = new Socket(InetAddress.getLoopbackAddress(), alone.port())) {
      client.setSoTimeout(PATIENCE_MILLIS);

      assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketException.class);

      assertThat(alone.open()).isZero();
    }
  }

  @Test
  void a_client_that_does_not_read_keeps_no_other_from_being_served() throws IOException {
    try (Socket full = connect();
        Socket other = connect()) {
      writeBeside(full, new byte[20_000_000]);
      Eventually.await("both directions are full", () -> stalled());

      proxy.delay(Duration.ofMillis(50));

      for (int i = 0; i < 5; i++) {
        echo(other, "x");
      }
    }
  }

  @Test
  void sleeps_while_connections_are_idle_half_open_or_full() throws IOException {
    try (Socket idle = connect();
        Socket full = connect();
        Socket dead = connect()) {
      echo(dead, "b");
      proxy.halfOpen();
      dead.shutdownOutput();
      try (Socket next = connect()) {
        echo(next, "c");
        writeBeside(next, new byte[20_000_000]);
        Eventually.await("both directions are full", () -> stalled());
        long started = System.nanoTime();
        long before = ManagementFactory.getThreadMXBean().getThreadCpuTime(thread());

        assertSilent(idle);
        assertSilent(full);

        long used = ManagementFactory.getThreadMXBean().getThreadCpuTime(thread()) - before;
        // A thread that polls without sleeping uses nearly all of it, however slow the machine.
        assertThat(used).isLessThan((System.nanoTime() - started) / 2);
      }
    }
  }

  @Test
  void close_ends_thread_port_and_connections_and_can_be_repeated() throws IOException {
    try (Socket client = connect()) {
      echo(client, "a");

      proxy.close();
      proxy.close();
      proxy.cut();

      assertThat(client.getInputStream().read()).isEqualTo(-1);
    }
    assertThat(threads()).noneMatch(name -> name.equals("missive-proxy-" + proxy.port()));
    assertThatThrownBy(this::connect).isInstanceOf(SocketException.class);
  }

  @Test
  void a_taken_port_and_a_wrong_number_are_named() {
    InetSocketAddress target = server.address();

    assertThatThrownBy(() -> TcpProxy.open(proxy.port(), target))
        .isInstanceOfSatisfying(
            MessagingException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.BROKER_UNREACHABLE))
        .hasMessageContaining("127.0.0.1:" + proxy.port());
    assertThatThrownBy(() -> proxy.cutAfter(Direction.TO_CLIENT, 0))
        .hasMessageContaining("bytes was 0");
  }

  private Socket connect() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
    socket.setSoTimeout(PATIENCE_MILLIS);
    return socket;
  }

  private static void echo(Socket socket, String text) throws IOException {
    write(socket, text.getBytes());
    byte[] back = socket.getInputStream().readNBytes(text.length());
    if (back.length < text.length()) {
      throw new SocketException("closed");
    }
    assertThat(new String(back)).isEqualTo(text);
  }

  private static void write(Socket socket, byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
  }

  /** On another thread; it may never end. */
  private static void writeBeside(Socket socket, byte[] bytes) {
    Thread thread =
        new Thread(
            () -> {
              try {
                write(socket, bytes);
              } catch (IOException e) {
                // The test is over.
              }
            });
    thread.setDaemon(true);
    thread.start();
  }

  private static void assertSilent(Socket socket) throws IOException {
    socket.setSoTimeout(SILENCE_MILLIS);
    assertThatThrownBy(() -> socket.getInputStream().read())
        .isInstanceOf(SocketTimeoutException.class);
    socket.setSoTimeout(PATIENCE_MILLIS);
  }

  /** Whether nothing has moved for a while although much is waiting. */
  private boolean stalled() {
    long before = proxy.forwarded(Direction.TO_SERVER);
    long end = System.nanoTime() + Duration.ofMillis(SILENCE_MILLIS).toNanos();
    while (System.nanoTime() - end < 0) {
      if (proxy.forwarded(Direction.TO_SERVER) != before) {
        return false;
      }
      Thread.onSpinWait();
    }
    return before > 100_000;
  }

  private long thread() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("missive-proxy-" + proxy.port()))
        .findFirst()
        .orElseThrow()
        .getId();
  }

  private static List<String> threads() {
    return Thread.getAllStackTraces().keySet().stream().map(Thread::getName).toList();
  }
}
