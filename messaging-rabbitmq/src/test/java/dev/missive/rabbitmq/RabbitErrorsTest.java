package dev.missive.rabbitmq;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.AuthenticationFailureException;
import com.rabbitmq.client.PossibleAuthenticationFailureException;
import com.rabbitmq.client.ShutdownSignalException;
import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.PublishException;
import dev.missive.PublishException.Outcome;
import dev.missive.spi.Destination;
import dev.missive.spi.Sender.Result;
import dev.missive.testkit.VirtualTime;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Whom a channel that the broker closed names, and that nobody else is blamed. */
final class RabbitErrorsTest {
  private static final String TOO_LARGE =
      "PRECONDITION_FAILED - message size 17 is larger than configured max size 16";
  private static final String NO_EXCHANGE = "NOT_FOUND - no exchange 'missive.topics' in vhost '/'";
  private static final String NO_PERMISSION =
      "ACCESS_REFUSED - write access to exchange 'missive.topics' in vhost '/' refused for user 'u'";

  @Test
  void what_is_over_the_brokers_limit_is_too_large_and_not_stored() {
    PublishException failure = blamed("missive.topics", 17, closed(406, TOO_LARGE));

    assertThat(failure).isNotNull();
    assertThat(failure.code()).isEqualTo(ErrorCode.TOO_LARGE);
    assertThat(failure.outcome()).isEqualTo(Outcome.NOT_STORED);
    assertThat(failure.retryable()).isFalse();
    assertThat(failure.getMessage()).contains("message size 17", "max size 16");
  }

  /** What the client throws for whatever ends a connection before the login was answered. */
  @Test
  void a_broker_that_goes_during_the_login_has_refused_nobody() {
    ShutdownSignalException gone = new ShutdownSignalException(true, false, null, null);
    Exception login = new PossibleAuthenticationFailureException(gone);
    Exception closing =
        new PossibleAuthenticationFailureException(closed(320, "CONNECTION_FORCED - shutdown"));
    Exception refused = new AuthenticationFailureException("ACCESS_REFUSED - Login was refused");

    assertThat(RabbitErrors.connecting(login, "here").code())
        .isEqualTo(ErrorCode.BROKER_UNREACHABLE);
    assertThat(RabbitErrors.connecting(closing, "here").code())
        .isEqualTo(ErrorCode.BROKER_UNREACHABLE);
    assertThat(RabbitErrors.connecting(refused, "here").code()).isEqualTo(ErrorCode.AUTH);
  }

  @Test
  void what_has_another_size_may_have_been_stored() {
    for (int size : new int[] {1, 7, 16, 18, 117, 170}) {
      assertThat(blamed("missive.topics", size, closed(406, TOO_LARGE))).as("%s", size).isNull();
    }
  }

  @Test
  void another_failed_precondition_blames_nobody() {
    assertThat(
            blamed(
                "missive.topics", 17, closed(406, "PRECONDITION_FAILED - unknown delivery tag 1")))
        .isNull();
  }

  @Test
  void a_user_who_may_not_write_is_told_so() {
    PublishException failure = blamed("missive.topics", 1, closed(403, NO_PERMISSION));

    assertThat(failure).isNotNull();
    assertThat(failure.code()).isEqualTo(ErrorCode.AUTH);
    assertThat(failure.outcome()).isEqualTo(Outcome.NOT_STORED);
    assertThat(failure.getMessage()).contains("write access to exchange 'missive.topics'");
  }

  @Test
  void an_exchange_that_is_not_there_is_unroutable() {
    PublishException failure = blamed("missive.topics", 1, closed(404, NO_EXCHANGE));

    assertThat(failure).isNotNull();
    assertThat(failure.code()).isEqualTo(ErrorCode.UNROUTABLE);
    assertThat(failure.outcome()).isEqualTo(Outcome.NOT_STORED);
  }

  @Test
  void what_went_to_another_exchange_is_not_blamed() {
    assertThat(blamed("", 1, closed(403, NO_PERMISSION))).isNull();
    assertThat(blamed("missive.delay.27", 1, closed(404, NO_EXCHANGE))).isNull();
  }

  @Test
  void a_connection_that_is_lost_blames_nobody() {
    AMQP.Connection.Close reason =
        new AMQP.Connection.Close.Builder().replyCode(320).replyText(NO_PERMISSION).build();

    assertThat(
            blamed(
                "missive.topics", 17, new ShutdownSignalException(true, false, reason, "a test")))
        .isNull();
    assertThat(blamed("missive.topics", 17, null)).isNull();
  }

  @Test
  void a_delay_that_is_too_long_is_a_wrong_configuration() {
    PublishException failure = RabbitErrors.tooFar(send("missive.delay.27"));

    assertThat(failure.code()).isEqualTo(ErrorCode.CONFIG_INVALID);
    assertThat(failure.outcome()).isEqualTo(Outcome.NOT_STORED);
    assertThat(failure.retryable()).isFalse();
    assertThat(failure.getMessage()).contains("2^28 s");
  }

  private static @Nullable PublishException blamed(
      String exchange, int size, @Nullable ShutdownSignalException signal) {
    return RabbitErrors.blamed(send(exchange), size, signal);
  }

  private static ShutdownSignalException closed(int code, String text) {
    AMQP.Channel.Close reason =
        new AMQP.Channel.Close.Builder().replyCode(code).replyText(text).build();
    return new ShutdownSignalException(false, false, reason, "a test");
  }

  private static Send send(String exchange) {
    RabbitSender sender =
        new RabbitSender(
            null,
            new Loop(Thread::new),
            new RabbitNames("missive.topics"),
            new VirtualTime(),
            Duration.ofSeconds(1));
    Send send =
        new Send(
            sender,
            new Destination.Topic("t"),
            Message.of("t", new byte[0]),
            null,
            new NoResult(),
            0);
    send.exchange = exchange;
    return send;
  }

  private static final class NoResult implements Result {
    @Override
    public void stored(int partition, long offset) {}

    @Override
    public void failed(PublishException failure) {}
  }
}
