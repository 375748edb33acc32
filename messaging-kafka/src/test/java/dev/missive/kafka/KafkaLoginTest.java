package dev.missive.kafka;

import static java.util.stream.Collectors.toMap;

import dev.missive.testkit.contract.BrokerUnderTest;
import dev.missive.testkit.contract.Control;
import dev.missive.testkit.contract.LoginContract;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import dev.missive.testkit.proxy.TcpProxy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** What the contract says of users, on a broker that has one. */
@Tag("broker")
final class KafkaLoginTest implements LoginContract {
  private static final String USER = "app";
  private static final String PASSWORD = "r1ght";
  private static final String OTHER = "0ther";
  private static final String CLIENT = "kafka.client.";
  private static final String JAAS = CLIENT + "sasl.jaas.config";
  private static Users users;

  @BeforeAll
  static void start() {
    users =
        new Users(
            LiveBrokers.shared(Brokers.kafka().withProcess().withProxy().withUser(USER, PASSWORD)));
  }

  @Override
  public BrokerUnderTest broker() {
    Map<String, String> settings = new TreeMap<>(login("SCRAM-SHA-256", PASSWORD));
    settings.put("kafka.brokers", users.broker.url());
    settings.put("kafka.auth-retry", "3s");
    settings.put("kafka.session-timeout", "10s");
    return BrokerUnderTest.of("kafka", settings)
        .control(users)
        .readyTimeout(Duration.ofSeconds(60));
  }

  private static Map<String, String> login(String mechanism, String password) {
    return Map.of(
        CLIENT + "security.protocol",
        "SASL_PLAINTEXT",
        CLIENT + "sasl.mechanism",
        mechanism,
        JAAS,
        jaas(mechanism, password));
  }

  private static String jaas(String mechanism, String password) {
    String module = mechanism.equals("PLAIN") ? "plain.PlainLoginModule" : "scram.ScramLoginModule";
    return "org.apache.kafka.common.security.%s required username=\"%s\" password=\"%s\";"
        .formatted(module, USER, password);
  }

  /** Changes the password of SCRAM, by a login of PLAIN, which has its own. */
  private record Users(LiveBroker broker, TcpProxy proxy, Admin admin)
      implements Control.Credentials {
    Users(LiveBroker broker) {
      this(broker, broker.node().proxy().orElseThrow(), admin(broker));
    }

    private static Admin admin(LiveBroker broker) {
      Map<String, Object> properties =
          login("PLAIN", PASSWORD).entrySet().stream()
              .collect(toMap(e -> e.getKey().substring(CLIENT.length()), Map.Entry::getValue));
      properties.put("bootstrap.servers", broker.url());
      return Admin.create(properties);
    }

    @Override
    public Map<String, String> refuse() {
      change(OTHER);
      proxy.cut();
      return Map.of(JAAS, jaas("SCRAM-SHA-256", OTHER));
    }

    @Override
    public void accept() {
      change(PASSWORD);
    }

    @Override
    public void mend() {
      accept();
    }

    @Override
    public long refusals() {
      return broker
          .node()
          .log(100_000)
          .lines()
          .filter(line -> line.contains("ailed authentication"))
          .count();
    }

    private void change(String password) {
      ScramCredentialInfo info = new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096);
      try {
        admin
            .alterUserScramCredentials(
                List.of(new UserScramCredentialUpsertion(USER, info, password)))
            .all()
            .get();
      } catch (ExecutionException e) {
        throw new IllegalStateException(e.getCause());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      }
    }
  }
}
