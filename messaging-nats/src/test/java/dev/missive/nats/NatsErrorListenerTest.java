package dev.missive.nats;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.ConnectException;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class NatsErrorListenerTest {
  private static final Exception AWAY = new ConnectException("Connection refused");
  private static final Exception UNTRUSTED = new SSLHandshakeException("No name matching host");

  static List<List<Exception>> orders() {
    return List.of(List.of(AWAY, UNTRUSTED), List.of(UNTRUSTED, AWAY));
  }

  /** Which one is asked first is chance, and only the other one may come back by itself. */
  @ParameterizedTest
  @MethodSource("orders")
  void of_two_servers_the_one_that_is_not_trusted_is_the_reason(List<Exception> failures) {
    AtomicReference<Throwable> seen = new AtomicReference<>();
    NatsErrorListener listener = new NatsErrorListener(new AtomicReference<>(), seen, client -> {});

    failures.forEach(failure -> listener.exceptionOccurred(null, failure));

    assertThat(seen).hasValue(UNTRUSTED);
  }
}
