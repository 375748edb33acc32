package dev.missive.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.ConnectionState;
import dev.missive.ErrorCode;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.PublishException;
import dev.missive.testkit.Recorder;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Clause F06. */
public interface CredentialClauses {
  /**
   * F06.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("fault")
  @DisplayName(
      "F06 credentials refused at run time: AUTH_FAILED, publishes fail fast, then it recovers")
  default void credentials(Lab lab) {
    Control.Credentials credentials = lab.control(Control.Credentials.class);
    Messaging messaging = lab.open();
    Recorder seen = new Recorder();
    lab.consume(messaging, seen);
    credentials.refuse();
    Steps.awaitState(lab, messaging, ConnectionState.AUTH_FAILED);
    assertThat(messaging.health().connection().reason())
        .as("the reason of AUTH_FAILED")
        .contains(lab.broker().reason(ConnectionState.AUTH_FAILED));
    assertThatThrownBy(() -> Steps.publish(lab, messaging, "refused"))
        .isInstanceOfSatisfying(
            PublishException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.AUTH));

    credentials.accept();
    lab.await(
        "connected again",
        Lab.RECOVERY,
        () -> messaging.health().connection().state() == ConnectionState.CONNECTED);
    Steps.publish(lab, messaging, "v");
    lab.await("the message", () -> seen.texts().contains("v"));
    assertThat(seen.texts()).doesNotContain("refused");
  }

  /**
   * F06.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("fault")
  @DisplayName(
      "F06 while credentials are refused they are asked for at most once per auth-retry, and new ones log in")
  default void credentials_supplied(Lab lab) {
    Control.Credentials credentials = lab.control(Control.Credentials.class);
    Logins logins = new Logins(lab);
    Messaging messaging = logins.open();
    Recorder seen = new Recorder();
    lab.consume(messaging, seen);
    Map<String, String> changed = credentials.refuse();
    Steps.awaitState(lab, messaging, ConnectionState.AUTH_FAILED);
    Duration retry = logins.retry(messaging);
    // What was under way when the first login was refused does not count.
    int early = logins.count();
    lab.await("one more login", () -> logins.count() > early);
    int first = logins.count();
    long before = credentials.refusals();
    lab.await("two more logins", () -> logins.count() >= first + 2);
    assertThat(logins.between(first, first + 1)).isGreaterThanOrEqualTo(retry);
    assertThat(credentials.refusals() - before)
        .as("logins, of which one may have been under way before")
        .isLessThanOrEqualTo(logins.count() - first + 1L);
    assertThat(messaging.health().connection().state()).isEqualTo(ConnectionState.AUTH_FAILED);

    logins.change(changed);
    lab.await(
        "connected by the new credentials",
        () -> messaging.health().connection().state() == ConnectionState.CONNECTED);
    Steps.publish(lab, messaging, "by the new ones");
    lab.await("the message", () -> seen.texts().contains("by the new ones"));
  }

  /**
   * F06.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("fault")
  @DisplayName("F06 refused credentials at start are thrown and shown")
  default void credentials_at_start(Lab lab) {
    Control.Credentials credentials = lab.control(Control.Credentials.class);
    credentials.refuse();
    Messaging messaging = lab.open();
    assertThatThrownBy(() -> lab.run("starting", messaging::start))
        .isInstanceOfSatisfying(
            MessagingException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.AUTH));
    assertThat(messaging.health().connection().state()).isEqualTo(ConnectionState.AUTH_FAILED);
    credentials.accept();
    Messaging right = lab.open();
    lab.run("starting", right::start);
    assertThat(right.health().up()).isTrue();
  }
}
