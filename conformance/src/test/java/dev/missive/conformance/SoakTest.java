package dev.missive.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.Interceptor;
import dev.missive.Message;
import dev.missive.Receipt;
import dev.missive.testkit.VirtualTime;
import dev.missive.testkit.contract.BrokerUnderTest;
import dev.missive.testkit.history.Violation;
import dev.missive.testkit.soak.Soak;
import dev.missive.testkit.soak.SoakReport;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** Soaks of the in-memory broker: that they pass, repeat, and find what is lost. */
final class SoakTest {
  private static final Duration SHORT = Duration.ofSeconds(12);
  private static final int ONE_OF = 50;

  @Test
  void a_soak_passes_and_its_seed_means_the_same_faults_again() {
    SoakReport first = Soak.of(new MemoryUnderTest(null).broker()).lasting(SHORT).seed(7).run();
    SoakReport second = Soak.of(new MemoryUnderTest(null).broker()).lasting(SHORT).seed(7).run();

    assertThat(first.passed()).as(first.toString()).isTrue();
    assertThat(first.faults()).isNotEmpty();
    assertThat(first.toString()).contains("SHORT", "seed 7", "passed");
    assertThat(first.runs()).isGreaterThanOrEqualTo(2 * first.stored());
    assertThat(second.passed()).as(second.toString()).isTrue();
    // One of them may have had time for more.
    int both = Math.min(first.faults().size(), second.faults().size());
    assertThat(first.faults().subList(0, both)).isEqualTo(second.faults().subList(0, both));
  }

  @Test
  void a_receipt_for_what_was_never_stored_is_found() {
    Interceptor lying =
        new Interceptor() {
          @Override
          public CompletionStage<Receipt> aroundPublish(Message message, PublishStep next) {
            return message.id().hashCode() % ONE_OF == 0
                ? CompletableFuture.completedFuture(new Receipt(message.id(), null))
                : next.proceed(message);
          }
        };
    BrokerUnderTest broker =
        new MemoryUnderTest(null)
            .broker()
            .opening(builder -> builder.interceptors(lying))
            .readyTimeout(Duration.ZERO);

    SoakReport report = Soak.of(broker).lasting(Duration.ofSeconds(3)).run();

    assertThat(report.passed()).as(report.toString()).isFalse();
    assertThat(report.violations()).extracting(Violation::kind).contains(Violation.Kind.LOST);
    assertThat(report.toString()).contains("FAILED");
  }

  @Test
  void wrong_values_and_a_clock_of_ones_own_are_refused() {
    Soak soak = Soak.of(new MemoryUnderTest(null).broker());

    assertThatThrownBy(() -> soak.lasting(Duration.ZERO)).hasMessageContaining("PT0S");
    assertThatThrownBy(() -> soak.rate(0)).hasMessageContaining("0 messages a second");
    assertThatThrownBy(() -> Soak.of(new MemoryUnderTest(new VirtualTime()).broker()))
        .hasMessageContaining("real time");
  }
}
