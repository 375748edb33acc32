package dev.missive.nats;

import dev.missive.ConnectionState;
import dev.missive.testkit.contract.BrokerUnderTest;
import dev.missive.testkit.contract.Control;
import dev.missive.testkit.contract.LiveControl;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.BrokerNode;
import dev.missive.testkit.launcher.BrokerOptions;
import dev.missive.testkit.launcher.LiveBroker;
import io.nats.client.Connection;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamManagement;
import io.nats.client.Nats;
import io.nats.client.Options;
import io.nats.client.api.ConsumerConfiguration;
import io.nats.client.api.ConsumerInfo;
import io.nats.client.api.StreamInfo;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** A server of our own behind a proxy, and what the contract does to it. */
final class NatsControl
    implements Control.Credentials,
        Control.Inventory,
        Control.Tampering,
        Control.Permissions,
        Control.Operations,
        AutoCloseable {
  private static final String KIT = "kit";
  private static final String ADMIN = "{ user: admin, password: admin }";
  private static final NatsNames NAMES = NatsNames.DEFAULT;

  private final Path users;
  private final LiveBroker server;

  private NatsControl(Path users, LiveBroker server) {
    this.users = users;
    this.server = server;
  }

  /** Starts one; skips the test where there is none. */
  static NatsControl start(BrokerOptions options) {
    try {
      Path users = Files.createTempFile("missive-nats-users", ".conf");
      NatsControl.write(users, KIT, "");
      // An include is looked for beside the file that names it.
      String up = "../".repeat(30);
      String include = "{ include \"" + up + users.toString().substring(1) + "\" }";
      LiveBroker server =
          LiveBrokers.start(options.withProcess().withProxy().withConfig("authorization", include));
      return new NatsControl(users, server);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  BrokerUnderTest broker() {
    Map<String, String> settings =
        Map.of(
            "nats.servers",
            server.url(),
            "nats.username",
            KIT,
            "nats.password",
            KIT,
            "nats.ack-wait",
            "3s",
            "nats.ping-interval",
            "1s",
            "nats.retry-delay-max",
            "1s",
            "nats.auth-retry",
            "1s");
    return BrokerUnderTest.of("nats", settings)
        .sessionTimeout(Duration.ZERO)
        .readyTimeout(Duration.ofSeconds(60))
        .detection(Duration.ofSeconds(6))
        .control(this, LiveControl.of(server))
        .without(Control.Quorum.class, "one server")
        .reason(ConnectionState.RECONNECTING, "the connection was lost")
        .without(Control.Alarm.class, "NATS has no alarm")
        .without(Control.Abandon.class, "the client is killed with its JVM");
  }

  private BrokerNode node() {
    return server.node();
  }

  @Override
  public void mend() {
    accept();
  }

  @Override
  public void close() {
    server.close();
    try {
      Files.deleteIfExists(users);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  // ---- who may do what

  @Override
  public Map<String, String> refuse() {
    // Reading it again, the server cuts whoever has the old password.
    users("changed", "");
    return Map.of("nats.password", "changed");
  }

  @Override
  public void accept() {
    users(KIT, "");
  }

  @Override
  public long refusals() {
    return node().log(1_000_000).lines().filter(l -> l.contains("authentication error")).count();
  }

  @Override
  public void forbidDeclaring() {
    users(
        KIT,
        ", permissions: { publish: { deny: [ \"$JS.API.STREAM.CREATE.>\", "
            + "\"$JS.API.CONSUMER.CREATE.>\", \"$JS.API.CONSUMER.DURABLE.CREATE.>\" ] } }");
  }

  @Override
  public void allowDeclaring() {
    accept();
  }

  private void users(String password, String permissions) {
    try {
      String before = Files.readString(users);
      write(users, password, permissions);
      if (!before.equals(Files.readString(users)) && node().running()) {
        reload();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void write(Path file, String password, String permissions) throws IOException {
    Files.writeString(
        file,
        "users: [ { user: "
            + KIT
            + ", password: "
            + password
            + permissions
            + " }, "
            + ADMIN
            + " ]\n");
  }

  /** The server reads its configuration again, and says so. */
  private void reload() throws IOException {
    int before = reloads();
    new ProcessBuilder("kill", "-HUP", Long.toString(node().pid())).inheritIO().start();
    dev.missive.testkit.Eventually.await("the reload", () -> reloads() > before);
  }

  private int reloads() {
    return node().log(1_000_000).split("Reloaded server configuration", -1).length;
  }

  // ---- what is there

  @Override
  public void deleteTopic(String topic) {
    ask(
        js -> {
          for (StreamInfo stream : js.getStreams()) {
            String name = stream.getConfiguration().getName();
            if (name.equals(NAMES.stream(topic))) {
              js.deleteStream(name);
            } else if (name.equals(NAMES.directStream()) || name.equals(NAMES.deadLetterStream())) {
              deleteGroups(js, name, topic);
            }
          }
          return true;
        });
  }

  private static void deleteGroups(JetStreamManagement js, String stream, String topic)
      throws IOException, JetStreamApiException {
    for (String consumer : js.getConsumerNames(stream)) {
      if (consumer.startsWith(NAMES.shared(topic, ""))) {
        js.deleteConsumer(stream, consumer);
      }
    }
  }

  @Override
  public boolean topicExists(String topic) {
    return ask(js -> js.getStreamNames().contains(NAMES.stream(topic)));
  }

  @Override
  public int temporary() {
    return ask(
        js -> {
          int found = 0;
          for (String stream : js.getStreamNames()) {
            for (ConsumerInfo consumer : js.getConsumers(stream)) {
              found += consumer.getConsumerConfiguration().getDurable() == null ? 1 : 0;
            }
          }
          return found;
        });
  }

  @Override
  public void change(String topic, String group) {
    ask(
        js -> {
          String stream = NAMES.stream(topic);
          ConsumerConfiguration live =
              js.getConsumerInfo(stream, NAMES.consumer(topic, group)).getConsumerConfiguration();
          return js.addOrUpdateConsumer(
              stream, ConsumerConfiguration.builder(live).ackWait(Duration.ofSeconds(77)).build());
        });
  }

  @Override
  public long operations() {
    return ask(
        js -> {
          long seen = 0;
          List<StreamInfo> streams = js.getStreams();
          for (StreamInfo stream : streams) {
            seen +=
                1
                    + stream.getStreamState().getConsumerCount()
                    + stream.getStreamState().getLastSequence();
          }
          return seen;
        });
  }

  private interface Question<T> {
    T ask(JetStreamManagement js) throws IOException, JetStreamApiException;
  }

  /** Asks past the proxy, as somebody who may do everything. */
  private <T> T ask(Question<T> question) {
    Options options =
        new Options.Builder()
            .server(server.directUrl())
            .userInfo("admin".toCharArray(), "admin".toCharArray())
            .maxReconnects(0)
            .build();
    try {
      Connection client = Nats.connect(options);
      try {
        return question.ask(client.jetStreamManagement());
      } finally {
        client.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (JetStreamApiException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
