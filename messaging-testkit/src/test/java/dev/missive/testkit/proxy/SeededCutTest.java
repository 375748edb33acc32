package dev.missive.testkit.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.testkit.Eventually;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Cuts of connections to a server that sends back what it gets. */
final class SeededCutTest {
  private static final int FRAME = 1000;
  private static final int CUTS = 20;

  private final EchoServer server = new EchoServer();
  private final TcpProxy proxy = TcpProxy.open(0, server.address());
  private final Printed printed = new Printed();

  SeededCutTest() throws IOException {
    printed.logger.addHandler(printed);
  }

  @AfterEach
  void close() {
    printed.logger.removeHandler(printed);
    System.clearProperty(SeededCut.SEED);
    proxy.close();
    server.close();
  }

  @Test
  void a_frame_is_cut_at_the_byte_and_in_the_direction_that_is_printed() throws IOException {
    SeededCut cut = SeededCut.of(List.of(proxy));
    Set<Direction> directions = EnumSet.noneOf(Direction.class);
    for (int i = 0; i < CUTS; i++) {
      long before = server.received.get();
      try (Socket client = connect()) {
        SeededCut.Place place = cut.prepare();
        client.getOutputStream().write(new byte[FRAME]);

        int back = read(client);
        int connections = i + 1;
        Eventually.await(
            "the server has seen the end",
            () -> server.ended.get() + server.broken.get() == connections);
        int there = (int) (server.received.get() - before);

        assertThat(place.bytes()).isBetween(1, FRAME - 1);
        assertThat(place.direction() == Direction.TO_SERVER ? there : back)
            .as("bytes %s", place.direction())
            .isEqualTo(place.bytes());
        assertThat(printed.last())
            .contains("cut after " + place.bytes() + " bytes " + place.direction());
        directions.add(place.direction());
      }
    }

    assertThat(directions).containsOnly(Direction.values());
  }

  @Test
  void the_seed_that_is_printed_means_the_same_cuts_again() {
    SeededCut one = SeededCut.of(List.of(proxy));
    SeededCut other = SeededCut.of(List.of(proxy));
    List<SeededCut.Place> places = places(one);

    assertThat(places(other)).as("cuts with another seed").isNotEqualTo(places);
    places(one);
    System.setProperty(SeededCut.SEED, printed.last().replaceAll(".*seed=(-?\\d+)\\s*", "$1"));
    assertThat(places(SeededCut.of(List.of(proxy)))).isEqualTo(places);
  }

  private static List<SeededCut.Place> places(SeededCut cut) {
    List<SeededCut.Place> places = new ArrayList<>();
    for (int i = 0; i < CUTS; i++) {
      places.add(cut.prepare());
    }
    return places;
  }

  @Test
  void a_cut_takes_all_connections_also_where_nothing_goes_through() throws IOException {
    try (Socket one = connect();
        Socket other = connect()) {
      Eventually.await("both are open", () -> proxy.open() == 2);

      SeededCut.of(List.of(proxy)).cut();

      assertThat(proxy.open()).isZero();
      assertThat(read(one) + read(other)).isZero();
    }
    // What was to be cut is forgotten: new connections work.
    try (Socket later = connect()) {
      later.getOutputStream().write(new byte[FRAME]);
      assertThat(later.getInputStream().readNBytes(FRAME)).hasSize(FRAME);
    }
  }

  private Socket connect() throws IOException {
    return new Socket(InetAddress.getLoopbackAddress(), proxy.port());
  }

  /** How many bytes come before the connection is gone. */
  private static int read(Socket socket) throws IOException {
    InputStream from = socket.getInputStream();
    int count = 0;
    try {
      while (from.read() >= 0) {
        count++;
      }
    } catch (SocketException e) {
      // Reset instead of closed.
    }
    return count;
  }

  /** What the kit logs. */
  private static final class Printed extends Handler {
    private final Logger logger = Logger.getLogger("dev.missive.contract");
    private final List<String> texts = new ArrayList<>();

    @Override
    public void publish(LogRecord record) {
      texts.add(new SimpleFormatter().formatMessage(record));
    }

    String last() {
      return texts.get(texts.size() - 1);
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }
}
