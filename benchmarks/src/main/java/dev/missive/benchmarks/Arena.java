package dev.missive.benchmarks;

import dev.missive.testkit.launcher.LiveBroker;
import java.io.PrintStream;
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

  /** What Kafka's own client has by default, where ours has 0. */
  private static final int LONGER = 5;

  private final LiveBroker broker;
  private final Load load;
  private final PrintStream progress;

  Arena(LiveBroker broker, Load load, PrintStream progress) {
    this.broker = broker;
    this.load = load;
    this.progress = progress;
  }

  /** Makes the raw side. */
  private interface Connecting {
    Client connect(String url) throws Exception;
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
      case RABBITMQ ->
          List.of(
              section("", Map.of(), url -> new RawRabbit(url, RAW_TOPIC, GROUP, 1), all),
              section(
                  ", raw acknowledges several together as Missive does",
                  Map.of(),
                  url -> new RawRabbit(url, RAW_TOPIC, GROUP, Client.PREFETCH / 4),
                  List.of(scenarios.refill(), scenarios.consume(1))));
      case NATS -> List.of(section("", Map.of(), url -> new RawNats(url, RAW_TOPIC, GROUP), all));
      case KAFKA ->
          List.of(
              section(
                  ", linger.ms 0", Map.of(), url -> new RawKafka(url, RAW_TOPIC, GROUP, 0), all),
              section(
                  ", linger.ms " + LONGER,
                  Map.of("kafka.client.linger.ms", Integer.toString(LONGER)),
                  url -> new RawKafka(url, RAW_TOPIC, GROUP, LONGER),
                  List.of(scenarios.publish(), scenarios.drain(), scenarios.latency())),
              new ByKey(broker.url(), load, progress).section());
    };
  }

  private Section section(
      String variant, Map<String, String> changed, Connecting connecting, List<Scenario> scenarios)
      throws Exception {
    Map<String, String> settings = new HashMap<>(changed);
    settings.put("broker", broker.kind().id());
    settings.put(address(), broker.url());
    String title = broker.kind().id() + " " + broker.version() + variant;
    try (MissiveClient missive =
        new MissiveClient(settings, TOPIC, GROUP, Client.PREFETCH, does())) {
      missive.declare(RAW_TOPIC, GROUP);
      missive.declare(TOPIC, GROUP);
      try (Client raw = connecting.connect(broker.url())) {
        List<Row> rows =
            new Contest(title, load, progress).run(new Side(raw), new Side(missive), scenarios);
        return new Section(title, raw.configuration(), missive.configuration(), rows);
      }
    }
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
              + " one poll loop, max.poll.records=100, commitAsync after every 1000 messages or 1 s; 4 partitions";
      case NATS ->
          "publishes with Nats-Msg-Id and a numbered reply address; pull requests of its own for"
              + " 100, one acknowledgement for each message after its handler; stream on file";
    };
  }
}
