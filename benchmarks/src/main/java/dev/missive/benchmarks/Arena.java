package dev.missive.benchmarks;

import dev.missive.testkit.launcher.LiveBroker;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Measures one broker that runs. Topics and groups are always the same, so little is left behind.
 */
final class Arena {
  private static final String RAW_TOPIC = "benchmarks.raw";
  private static final String TOPIC = "benchmarks.missive";
  private static final String GROUP = "bench";

  private final LiveBroker broker;
  private final Load load;
  private final PrintStream progress;

  Arena(LiveBroker broker, Load load, PrintStream progress) {
    this.broker = broker;
    this.load = load;
    this.progress = progress;
  }

  /** All that is measured of it. */
  List<Section> sections() throws Exception {
    Scenarios scenarios = new Scenarios(load);
    List<Scenario> all =
        List.of(
            scenarios.publish(),
            scenarios.consume(1),
            scenarios.refill(),
            scenarios.consume(load.handlers()),
            scenarios.latency());
    return switch (broker.kind()) {
      case RABBITMQ -> List.of(section("", Map.of(), all));
      case NATS -> List.of(section("", Map.of(), all));
      case KAFKA ->
          List.of(
              section(", linger.ms 0", Map.of(), all),
              section(
                  ", linger.ms 5",
                  Map.of("kafka.client.linger.ms", "5"),
                  List.of(scenarios.publish(), scenarios.drain(), scenarios.latency())));
    };
  }

  private Section section(String variant, Map<String, String> changed, List<Scenario> scenarios)
      throws Exception {
    Map<String, String> settings = new HashMap<>(changed);
    settings.put("broker", broker.kind().id());
    settings.put(address(), broker.url());
    String title = broker.kind().id() + " " + broker.version() + variant;
    try (MissiveClient missive =
        new MissiveClient(settings, TOPIC, GROUP, Client.PREFETCH, does())) {
      missive.declare(RAW_TOPIC, GROUP);
      missive.declare(TOPIC, GROUP);
      try (Client raw = raw(changed)) {
        List<Row> rows =
            new Contest(title, load, progress).run(new Side(raw), new Side(missive), scenarios);
        return new Section(
            title, raw.configuration(), missive.configuration(), new ArrayList<>(rows));
      }
    }
  }

  private Client raw(Map<String, String> changed) throws Exception {
    String url = broker.url();
    return switch (broker.kind()) {
      case RABBITMQ -> new RawRabbit(url, RAW_TOPIC, GROUP);
      case NATS -> new RawNats(url, RAW_TOPIC, GROUP);
      case KAFKA -> {
        int linger = Integer.parseInt(changed.getOrDefault("kafka.client.linger.ms", "0"));
        yield new RawKafka(url, RAW_TOPIC, GROUP, linger);
      }
    };
  }

  private String address() {
    return switch (broker.kind()) {
      case RABBITMQ -> "rabbitmq.url";
      case KAFKA -> "kafka.brokers";
      case NATS -> "nats.servers";
    };
  }

  private String does() {
    return switch (broker.kind()) {
      case RABBITMQ ->
          "a connection to publish and one to consume; mandatory, persistent, confirmed publishes"
              + " with message id and timestamp; quorum queue; acknowledgements of neighbours in"
              + " one frame, after 25 or 5 ms";
      case KAFKA ->
          "producer acks=all, enable.idempotence=true, batch.size=131072; consumer read_committed,"
              + " one poll loop, commitAsync after every 1000 messages or 1 s; 4 partitions";
      case NATS ->
          "publishes with Nats-Msg-Id and a numbered reply address; pull requests of its own for"
              + " 100, one acknowledgement for each message after its handler; stream on file";
    };
  }
}
