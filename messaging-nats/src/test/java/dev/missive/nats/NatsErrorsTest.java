package dev.missive.nats;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import io.nats.client.JetStreamApiException;
import io.nats.client.api.PurgeResponse;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NatsErrorsTest {
  @Test
  void a_loss_has_a_reason_whatever_the_client_says() {
    assertThat(NatsErrors.loss(null)).isEqualTo("the server closed it");
    assertThat(NatsErrors.loss(new IOException("Read channel closed.")))
        .isEqualTo("Read channel closed.");
    assertThat(NatsErrors.loss(new IOException())).isEqualTo("IOException");
    assertThat(NatsErrors.loss(new IOException("at nats://me:secret@host:4222")))
        .isEqualTo("at nats://host:4222");
  }

  @ParameterizedTest
  @CsvSource({
    "503, 10008, true",
    "500, 10009, true",
    "500, 10118, true",
    "500, 10119, true",
    "500, 10074, false",
    "400, 10002, false"
  })
  void a_question_is_asked_again_where_the_server_may_answer_otherwise_soon(
      int code, int apiCode, boolean again) {
    MessagingException e = NatsErrors.asking("about it", answered(code, apiCode), null);

    assertThat(e.code())
        .isEqualTo(again ? ErrorCode.BROKER_UNREACHABLE : ErrorCode.TOPOLOGY_FORBIDDEN);
    assertThat(e.retryable()).isEqualTo(again);
  }

  private static JetStreamApiException answered(int code, int apiCode) {
    String error =
        "{\"error\":{\"code\":"
            + code
            + ",\"err_code\":"
            + apiCode
            + ",\"description\":\"it says why\"}}";
    return new JetStreamApiException(
        new PurgeResponse(
                io.nats.client.impl.NatsMessage.builder().subject("answer").data(error).build())
            .getErrorObject());
  }
}
