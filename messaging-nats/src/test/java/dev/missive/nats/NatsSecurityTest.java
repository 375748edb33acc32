package dev.missive.nats;

import static dev.missive.nats.NatsLab.refused;
import static dev.missive.nats.NatsLab.works;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.ErrorCode;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.PublishException;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.BrokerOptions;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import io.nats.client.NKey;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who may come in, and what nobody may see. */
@Tag("broker")
class NatsSecurityTest {
  private static final String CANARY = "s3cr3t-canary";

  private static LiveBroker with(String key, String value) {
    return LiveBrokers.start(Brokers.nats().withProcess().withConfig(key, value));
  }

  private static String everything(Throwable error) {
    StringBuilder text = new StringBuilder();
    for (Throwable e = error; e != null; e = e.getCause()) {
      text.append(e).append('\n');
    }
    return text.toString();
  }

  @Test
  void user_and_password_are_asked_for_and_never_shown() {
    try (LiveBroker server =
        with("authorization", "{ users: [ { user: app, password: \"" + CANARY + "\" } ] }")) {
      works(server, "nats.username", "app", "nats.password", CANARY);
      String host = server.url().replace("nats://", "");
      works(server, "nats.servers", "nats://app:" + CANARY + "@" + host);

      MessagingException wrong =
          refused(server, "nats.username", "app", "nats.password", CANARY + "-wrong");
      MessagingException inAddress =
          refused(server, "nats.servers", "nats://app:" + CANARY + "-wrong@" + host);
      MessagingException unreachable =
          refused(
              server,
              "nats.servers",
              "nats://app:" + CANARY + "@127.0.0.1:1",
              "connect.fail-fast",
              "true");

      assertThat(wrong.code()).isEqualTo(ErrorCode.AUTH);
      assertThat(inAddress.code()).isEqualTo(ErrorCode.AUTH);
      assertThat(unreachable.code()).isEqualTo(ErrorCode.BROKER_UNREACHABLE);
      assertThat(everything(wrong) + everything(inAddress) + everything(unreachable))
          .doesNotContain(CANARY);
      try (NatsLab lab = new NatsLab(server)) {
        Messaging messaging = lab.open("nats.servers", "nats://app:" + CANARY + "@" + host);
        assertThat(messaging.toString() + messaging.configuration()).doesNotContain(CANARY);
      }
    }
  }

  @Test
  void a_token_opens() {
    try (LiveBroker server = with("authorization", "{ token: \"" + CANARY + "\" }")) {
      works(server, "nats.token", CANARY);
      assertThat(refused(server, "nats.token", "other").code()).isEqualTo(ErrorCode.AUTH);
      assertThat(refused(server).code()).isEqualTo(ErrorCode.AUTH);
    }
  }

  @Test
  void an_nkey_opens() throws Exception {
    NKey user = NKey.createUser(null);
    try (LiveBroker server =
        with(
            "authorization",
            "{ users: [ { nkey: " + String.valueOf(user.getPublicKey()) + " } ] }")) {
      works(server, "nats.nkey", String.valueOf(user.getSeed()));
      String other = String.valueOf(NKey.createUser(null).getSeed());
      MessagingException wrong = refused(server, "nats.nkey", other);
      assertThat(wrong.code()).isEqualTo(ErrorCode.AUTH);
      assertThat(everything(wrong)).doesNotContain(other);
    }
  }

  @Test
  void what_is_forbidden_says_so() {
    String jetStream = "\"$JS.API.INFO\", \"$JS.API.STREAM.NAMES\"";
    try (LiveBroker server =
        with(
            "authorization",
            "{ users: [ { user: app, password: p, permissions: { publish: { allow: [ "
                + jetStream
                + ", \"_INBOX.>\" ] } } } ] }")) {
      try (NatsLab lab = new NatsLab(server)) {
        Messaging messaging = lab.open("nats.username", "app", "nats.password", "p");

        assertThatThrownBy(() -> messaging.producer().publish(lab.message("x")))
            .isInstanceOfSatisfying(
                PublishException.class,
                e -> {
                  assertThat(e.code()).isEqualTo(ErrorCode.AUTH);
                  assertThat(e.outcome()).isEqualTo(PublishException.Outcome.NOT_STORED);
                });
        assertThatThrownBy(() -> messaging.topology().declare(lab.topic, NatsLab.GROUP))
            .hasMessageContaining("MSG-TOPOLOGY-FORBIDDEN");
      }
    }
  }

  /**
   * The server answers nothing to what is forbidden, and a delay that is too long is silent loss.
   */
  @Test
  void a_delay_whose_limit_may_not_be_seen_is_refused() throws Exception {
    try (LiveBroker server =
            with(
                "authorization",
                "{ users: [ { user: app, password: p, permissions: { publish: { deny: [ \"$JS.API.STREAM.INFO.>\" ] } } },"
                    + " { user: admin, password: p } ] }");
        NatsLab lab = new NatsLab(server)) {
      Messaging admin = lab.open("nats.username", "admin", "nats.password", "p");
      admin.topology().declareTopic(lab.topic);
      Messaging messaging =
          lab.open("nats.username", "app", "nats.password", "p", "nats.publish-timeout", "1s");

      messaging.producer().publish(lab.message("at once"));
      assertThatThrownBy(
              () -> messaging.producer().publish(lab.delayed("later", Duration.ofMinutes(1))))
          .isInstanceOfSatisfying(
              PublishException.class,
              e -> {
                assertThat(e.code()).isEqualTo(ErrorCode.AUTH);
                assertThat(e.outcome()).isEqualTo(PublishException.Outcome.NOT_STORED);
              })
          .hasMessageContaining("$JS.API.STREAM.INFO");
    }
  }

  @Test
  void a_server_without_jetstream_is_refused_with_what_to_do() {
    BrokerOptions options = Brokers.nats().withProcess().withConfig("jetstream", "disabled");
    try (LiveBroker server = LiveBrokers.start(options)) {
      assertThat(refused(server))
          .hasMessageContaining("MSG-CAPABILITY-MISSING")
          .hasMessageContaining("-js");
    }
  }

  @Test
  void a_credentials_file_opens(@TempDir Path folder) throws Exception {
    NKey operator = NKey.createOperator(null);
    NKey system = NKey.createAccount(null);
    NKey account = NKey.createAccount(null);
    String accounts =
        String.format(
            "{ %s: %s, %s: %s }",
            NatsTokens.name(system),
            NatsTokens.account(operator, system, true),
            NatsTokens.name(account),
            NatsTokens.account(operator, account, false));
    BrokerOptions options =
        Brokers.nats()
            .withProcess()
            .withConfig("operator", NatsTokens.operator(operator, system))
            .withConfig("resolver", "MEMORY")
            .withConfig("resolver_preload", accounts);
    try (LiveBroker server = LiveBrokers.start(options)) {
      Path file = NatsTokens.credentials(folder.resolve("app.creds"), account);
      works(server, "nats.credentials-file", file.toString());

      Path other = NatsTokens.credentials(folder.resolve("other.creds"), NKey.createAccount(null));
      MessagingException wrong = refused(server, "nats.credentials-file", other.toString());
      assertThat(wrong.code()).isEqualTo(ErrorCode.AUTH);
      assertThat(everything(wrong)).doesNotContain(Files.readString(other).lines().toList().get(1));
      assertThat(refused(server).code()).as("without").isEqualTo(ErrorCode.AUTH);
      String none = folder.resolve("none").toString();
      assertThat(refused(server, "nats.credentials-file", none))
          .hasMessageContainingAll("nats.credentials-file", none);
    }
  }
}
