package dev.missive.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.Interceptor;
import dev.missive.Message;
import dev.missive.Outcome;
import dev.missive.Receipt;
import dev.missive.ReceivedMessage;
import dev.missive.testkit.VirtualTime;
import dev.missive.testkit.contract.BrokerUnderTest;
import dev.missive.testkit.contract.Control;
import dev.missive.testkit.history.Violation;
import dev.missive.testkit.soak.Soak;
import dev.missive.testkit.soak.SoakReport;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Soaks of the in-memory broker: that they pass, repeat, and find what is lost. */
@Execution(ExecutionMode.CONCURRENT)
final class SoakTest {
  private static final Duration SHORT = Duration.ofSeconds(12);
  private static final int ONE_OF = 50;

  /** So many that each producer meets several, also on a slow machine. */
  private static final int MANY = 3;

  private static final int PRODUCERS = 4;

  /** One more than a soak allows. */
  private static final int DUPLICATES = 6;

  private static final long MANY_FAULTS = 2707;
  private static final long A_CUT_WITHIN_TWO_SECONDS = 333;

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
    SoakReport report =
        publishing(
            ONE_OF,
            next -> message -> CompletableFuture.completedFuture(new Receipt(message.id(), null)));

    assertThat(report.passed()).as(report.toString()).isFalse();
    assertThat(report.violations()).extracting(Violation::kind).contains(Violation.Kind.LOST);
    assertThat(report.toString()).contains("FAILED");
  }

  /** Publishes one of so many messages otherwise than the application thinks. */
  private static SoakReport publishing(
      int oneOf, UnaryOperator<Interceptor.PublishStep> otherwise) {
    Interceptor some =
        new Interceptor() {
          @Override
          public CompletionStage<Receipt> aroundPublish(Message message, PublishStep next) {
            boolean chosen = message.id().hashCode() % oneOf == 0;
            return (chosen ? otherwise.apply(next) : next).proceed(message);
          }
        };
    BrokerUnderTest broker =
        new MemoryUnderTest(null)
            .broker()
            .opening(builder -> builder.interceptors(some))
            .readyTimeout(Duration.ZERO);
    return Soak.of(broker).lasting(Duration.ofSeconds(3)).run();
  }

  @Test
  void messages_of_a_key_that_are_stored_too_late_are_found() {
    Executor later = CompletableFuture.delayedExecutor(500, TimeUnit.MILLISECONDS);
    SoakReport report =
        publishing(
            ONE_OF,
            next ->
                message -> {
                  later.execute(() -> next.proceed(message));
                  return CompletableFuture.completedFuture(new Receipt(message.id(), null));
                });

    assertThat(report.violations()).extracting(Violation::kind).contains(Violation.Kind.REORDERED);
  }

  @Test
  void a_publish_that_fails_in_no_way_that_is_promised_is_reported_and_the_load_goes_on() {
    SoakReport report =
        publishing(
            MANY,
            next ->
                message -> {
                  throw new IllegalStateException("of the interceptor");
                });

    assertThat(report.passed()).as(report.toString()).isFalse();
    assertThat(report.problems())
        .singleElement()
        .asString()
        .contains("publishing", "IllegalStateException", "of the interceptor");
    assertThat(report.unknown()).as("publishes that failed so").isGreaterThan(PRODUCERS);
  }

  @Test
  void a_fault_that_fails_ends_in_a_report() {
    Control.Cut failing =
        () -> {
          throw new IllegalStateException("no pliers");
        };
    BrokerUnderTest memory = new MemoryUnderTest(null).broker();
    BrokerUnderTest broker = BrokerUnderTest.of(memory.name(), memory.settings()).control(failing);

    SoakReport report =
        Soak.of(broker).lasting(Duration.ofSeconds(3)).seed(A_CUT_WITHIN_TWO_SECONDS).run();

    assertThat(report.passed()).as(report.toString()).isFalse();
    assertThat(report.toString()).contains("FAILED", "CUT", "no pliers");
    assertThat(report.violations()).isEmpty();
  }

  @Test
  void more_duplicates_than_a_few_faults_explain_are_found_however_many_faults_there_were() {
    Interceptor repeating =
        new Interceptor() {
          @Override
          public CompletionStage<Outcome> aroundHandle(ReceivedMessage message, HandleStep next)
              throws Exception {
            boolean chosen = message.id().hashCode() % ONE_OF == 0;
            for (int i = 0; chosen && i < DUPLICATES; i++) {
              next.proceed(message);
            }
            return next.proceed(message);
          }
        };
    BrokerUnderTest broker =
        new MemoryUnderTest(null).broker().opening(builder -> builder.interceptors(repeating));

    SoakReport report =
        Soak.of(broker.readyTimeout(Duration.ZERO)).lasting(SHORT).seed(MANY_FAULTS).run();

    assertThat(report.faults()).as("faults").hasSizeGreaterThan(1);
    assertThat(report.violations()).extracting(Violation::kind).contains(Violation.Kind.DUPLICATED);
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
