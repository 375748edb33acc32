package dev.missive.rabbitmq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.PublishException;
import dev.missive.PublishException.Outcome;
import dev.missive.testkit.Recorder;
import dev.missive.testkit.junit.LiveBrokers;
import dev.missive.testkit.launcher.Brokers;
import dev.missive.testkit.launcher.LiveBroker;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A user of the broker who may not do everything. */
@Tag("broker")
final class RabbitPermissionsTest {
  private final LiveBroker broker = LiveBrokers.shared(Brokers.rabbitmq());
  private final RabbitLab lab = new RabbitLab(broker);
  private final String user = "u" + lab.topic;

  @BeforeEach
  void addUser() {
    ctl("add_user", user, "secret");
  }

  @AfterEach
  void close() {
    lab.close();
    ctl("delete_user", user);
  }

  @Test
  void who_may_not_write_is_told_so_and_may_as_soon_as_he_may() {
    Recorder recorder = new Recorder();
    lab.start("g", recorder);
    may("^$");
    Messaging messaging =
        lab.open(
            Map.of(
                "rabbitmq.username", user,
                "rabbitmq.password", "secret",
                "topology.mode", "VERIFY"));
    Message message = Message.builder(lab.topic).text("forbidden").build();

    assertThatThrownBy(() -> messaging.producer().publish(message))
        .isInstanceOfSatisfying(
            PublishException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.AUTH);
              assertThat(e.outcome()).isEqualTo(Outcome.NOT_STORED);
              assertThat(e.getMessage()).contains("write", user).doesNotContain("secret");
            });
    may(".*");
    String allowed = lab.publish(messaging, "allowed");

    recorder.await(run -> run.id().equals(allowed));
    assertThat(recorder.texts()).containsExactly("allowed");
  }

  private void may(String write) {
    ctl("set_permissions", user, ".*", write, ".*");
  }

  private void ctl(String... command) {
    broker.node().tool("rabbitmqctl", command);
  }
}
