package dev.missive.core.manage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.ErrorCode;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.Topology;
import dev.missive.core.HookedProvider;
import dev.missive.spi.Admin;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** A broker that is connected and never answers: that has a limit apart from connecting. */
final class AdminTimeoutTest {

  @Test
  void a_call_that_gets_no_answer_ends_and_names_its_limit() {
    try (Messaging messaging =
        Messaging.builder()
            .settings(
                Map.of(
                    "broker",
                    HookedProvider.NAME,
                    "memory.name",
                    "silent-" + System.nanoTime(),
                    "connect.timeout",
                    "30s",
                    "admin.timeout",
                    "50ms"))
            .providers(
                new HookedProvider(
                    (call, arguments, real) -> {
                      Object result = real.call();
                      return result instanceof Admin admin ? silent(admin) : result;
                    }))
            .open()) {
      Topology topology = messaging.topology();

      isGivenUp(() -> topology.declare("t", "g"));
      isGivenUp(() -> topology.plan(Topology.Plan.empty().topic("t")));
      isGivenUp(() -> topology.depth("t", "g"));
      isGivenUp(() -> messaging.deadLetters().count("t", "g"));
    }
  }

  private static void isGivenUp(ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            MessagingException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.BROKER_UNREACHABLE))
        .hasMessageContaining("within 50 ms")
        .hasMessageContaining("admin.timeout");
  }

  private static Admin silent(Admin admin) {
    return HookedProvider.hooked(
        Admin.class, admin, (call, arguments, real) -> new CompletableFuture<>());
  }
}
