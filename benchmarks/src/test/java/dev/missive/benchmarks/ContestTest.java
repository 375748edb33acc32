package dev.missive.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ContestTest {
  private static final Load LOAD = new Load(2, 1, 100, 10_000, 2, 5);
  private final ByteArrayOutputStream said = new ByteArrayOutputStream();
  private final Contest contest =
      new Contest("it", LOAD, new PrintStream(said, true, StandardCharsets.UTF_8));
  private final Scenarios scenarios = new Scenarios(LOAD);

  /** Does to each number what its subclass says. */
  private static class Changing implements Client {
    private final RawQueue queue = new RawQueue();
    private int count;

    @Override
    public void publish(byte[] body, Confirmation confirmation) throws InterruptedException {
      change(count++, body, confirmation);
    }

    void change(int number, byte[] body, Confirmation to) throws InterruptedException {
      queue.publish(body, to);
    }

    @Override
    public Intake consume(int handlers, Receiver receiver) {
      return queue.consume(handlers, receiver);
    }

    @Override
    public String configuration() {
      return "";
    }

    @Override
    public void close() {}
  }

  @Test
  void both_sides_take_turns_in_beginning() throws Exception {
    List<Side> order = new ArrayList<>();
    Side raw = new Side(new RawQueue());
    Side missive = new Side(new RawQueue());
    Scenario noting =
        new Scenario(
            "noting",
            Map.of(),
            side -> {
              order.add(side);
              return Sample.latency(new double[] {1});
            });

    contest.run(raw, missive, List.of(noting));

    assertThat(order).containsExactly(missive, raw, raw, missive, missive, raw);
    assertThat(said.toString(StandardCharsets.UTF_8))
        .contains("it: warm-up 1 of 1", "it: pair 1 of 2", "it: pair 2 of 2");
  }

  @Test
  void each_scenario_measures_what_it_shows() throws Exception {
    List<Row> rows = run(new Changing());

    assertThat(rows)
        .noneMatch(Row::failed)
        .extracting(Row::what)
        .contains(
            "publish to handler at 10000/s", "hand-over, 1 producer", "hand-over, 4 producers");
  }

  @Test
  void a_message_that_is_lost_fails_the_row_and_those_after_it() throws Exception {
    List<Row> rows =
        run(
            new Changing() {
              @Override
              void change(int number, byte[] body, Confirmation to) throws InterruptedException {
                if (number == 5) {
                  to.stored();
                } else {
                  super.change(number, body, to);
                }
              }
            });

    assertThat(rows).allMatch(Row::failed);
    assertThat(rows.get(0).quartiles()).isEqualTo("Missive: received 99 of 100");
    assertThat(rows.get(rows.size() - 1).quartiles()).isEqualTo("not measured");
  }

  @Test
  void a_message_that_comes_twice_fails_the_row() throws Exception {
    List<Row> rows =
        run(
            new Changing() {
              @Override
              void change(int number, byte[] body, Confirmation to) throws InterruptedException {
                super.change(number, body, to);
                if (number == 5) {
                  super.change(
                      number,
                      body,
                      new Confirmation() {
                        @Override
                        public void stored() {}

                        @Override
                        public void failed(Throwable why) {}
                      });
                }
              }
            });

    assertThat(rows.get(0).quartiles()).isEqualTo("Missive: 1 came again");
  }

  @Test
  void a_publish_that_is_refused_fails_the_row() throws Exception {
    List<Row> rows =
        run(
            new Changing() {
              @Override
              void change(int number, byte[] body, Confirmation to) {
                to.failed(new IOException("nacked"));
              }
            });

    assertThat(rows.get(0).quartiles())
        .isEqualTo("Missive: a publish failed: java.io.IOException: nacked");
  }

  @Test
  void a_client_that_throws_fails_the_row() throws Exception {
    List<Row> rows =
        run(
            new Changing() {
              @Override
              public Intake consume(int handlers, Receiver receiver) {
                throw new IllegalStateException("gone");
              }
            });

    assertThat(rows.get(0).quartiles()).isEqualTo("Missive: java.lang.IllegalStateException: gone");
  }

  private List<Row> run(Client missive) throws InterruptedException {
    return contest.run(
        new Side(new RawQueue()),
        new Side(missive),
        List.of(scenarios.latency(), scenarios.handOver(1), scenarios.handOver(4)));
  }
}
