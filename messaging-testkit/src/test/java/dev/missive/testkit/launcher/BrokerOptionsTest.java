package dev.missive.testkit.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.testkit.junit.LiveBrokers;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/** What can be asked for, and what happens where it cannot be had. */
@Isolated("changes where brokers are looked for")
final class BrokerOptionsTest {

  @Test
  void defaults_are_one_node_of_the_newest_version() {
    BrokerOptions options = Brokers.kafka();

    assertThat(options.kind()).isEqualTo(BrokerKind.KAFKA);
    assertThat(options.nodes()).isEqualTo(1);
    assertThat(options.oldest()).isFalse();
    assertThat(options.forked()).isFalse();
    assertThat(options.proxied()).isFalse();
    assertThat(options.config()).isEmpty();
    assertThat(options.plugins()).isEmpty();
    assertThat(options.startTimeout()).isEqualTo(Duration.ofSeconds(180));
  }

  @Test
  void every_option_can_be_set() {
    BrokerOptions options =
        Brokers.rabbitmq()
            .withOldest()
            .withNodes(3)
            .withProcess()
            .withProxy()
            .withConfig("heartbeat", "5")
            .withConfig("channel_max", "10")
            .withPlugin("rabbitmq_management")
            .withStartTimeout(Duration.ofSeconds(5));

    assertThat(options.oldest()).isTrue();
    assertThat(options.nodes()).isEqualTo(3);
    assertThat(options.forked()).isTrue();
    assertThat(options.proxied()).isTrue();
    assertThat(options.config()).containsEntry("heartbeat", "5").containsEntry("channel_max", "10");
    assertThat(options.plugins()).containsExactly("rabbitmq_management");
    assertThat(options.startTimeout()).isEqualTo(Duration.ofSeconds(5));
  }

  @Test
  void what_no_broker_has_is_refused() {
    assertThatThrownBy(() -> Brokers.nats().withNodes(2)).hasMessageContaining("nodes was 2");
    assertThatThrownBy(() -> Brokers.kafka().withOldest()).hasMessageContaining("oldest()");
    assertThatThrownBy(() -> Brokers.nats().withPlugin("x")).hasMessageContaining("plugins");
  }

  @Test
  void a_missing_broker_is_named_with_what_to_do() {
    String before = System.getProperty("missive.cache");
    System.setProperty("missive.cache", "/nowhere");
    try {
      BrokerOptions options = Brokers.nats().withOldest();

      assertThat(options.missing())
          .hasValueSatisfying(
              reason ->
                  assertThat(reason)
                      .contains("nats-oldest", "scripts/fetch-brokers", "NATS_URL", "/nowhere"));
      assertThatThrownBy(options::start).isInstanceOf(BrokerMissingException.class);
      assertThatThrownBy(() -> ClientProgram.named("kcat"))
          .isInstanceOf(BrokerMissingException.class)
          .hasMessageContainingAll("kcat", "scripts/fetch-brokers clients", "/nowhere");
    } finally {
      if (before == null) {
        System.clearProperty("missive.cache");
      } else {
        System.setProperty("missive.cache", before);
      }
    }
  }

  @Test
  void a_cache_folder_that_cannot_be_used_is_named() {
    assertThat(BrokerHome.unusable(new IOException("read-only")))
        .hasMessageContaining(BrokerHome.cache().toString())
        .hasMessageContaining("read-only")
        .hasMessageContaining("MISSIVE_CACHE");
  }

  @Test
  @Tag("broker")
  void a_broker_that_does_not_come_up_shows_the_end_of_its_log() {
    BrokerOptions broken = Brokers.nats().withConfig("no_such_setting", "1");
    LiveBrokers.require(broken);

    assertThatThrownBy(broken::start)
        .isInstanceOfSatisfying(
            MessagingException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.BROKER_UNREACHABLE))
        .hasMessageContaining("n1")
        .hasMessageContaining("exit code")
        .hasMessageContaining("no_such_setting");
  }

  @Test
  void ports_are_below_the_ephemeral_range_and_never_given_twice() {
    Set<Integer> ports = new HashSet<>();
    try {
      for (int i = 0; i < 50; i++) {
        assertThat(ports.add(Ports.get().take())).isTrue();
      }
      assertThat(ports).allMatch(port -> port < 32_768);
    } finally {
      ports.forEach(Ports.get()::giveBack);
    }
  }
}
