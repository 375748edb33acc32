package dev.missive.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.Messaging;
import dev.missive.MessagingException;
import dev.missive.testkit.FakeHandler;
import dev.missive.testkit.MemoryBroker;
import dev.missive.testkit.Recorder;
import dev.missive.testkit.VirtualTime;
import dev.missive.testkit.junit.MessagingTest;
import dev.missive.testkit.junit.Records;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/** What the extension says to tests that are wrong, and that it closes after those that fail. */
final class MessagingTestMisuseTest {

  @MessagingTest
  static final class WantsVirtualTime {
    @Test
    void test(VirtualTime time) {}
  }

  @Test
  void a_clock_that_is_real_is_not_handed_out_as_a_virtual_one() {
    assertThat(failureOf(WantsVirtualTime.class))
        .hasMessageContaining("say @MessagingTest(virtualTime = true)");
  }

  @MessagingTest
  static final class WantsItTooEarly {
    WantsItTooEarly(Messaging messaging) {}

    @Test
    void test() {}
  }

  @Test
  void a_constructor_gets_nothing() {
    assertThat(failureOf(WantsItTooEarly.class))
        .hasMessageContaining("Messaging belongs to one test")
        .hasMessageContaining("@BeforeEach");
  }

  @MessagingTest(settings = "application")
  static final class SettingWithoutValue {
    @Test
    void test(Messaging messaging) {}
  }

  @Test
  void a_setting_without_a_value_is_named() {
    assertThat(failureOf(SettingWithoutValue.class))
        .hasStackTraceContaining("has \"application\" but wants key=value");
  }

  @MessagingTest(settings = "aplication=shop")
  static final class UnknownSetting {
    @Test
    void test(Messaging messaging) {}
  }

  @Test
  void an_unknown_setting_fails_the_test() {
    assertThat(failureOf(UnknownSetting.class))
        .hasStackTraceContaining("did you mean application?");
  }

  @MessagingTest
  static final class LeavesAHandlerBehind {
    static Messaging messaging;
    static MemoryBroker broker;
    static FakeHandler.Blocking handler;

    @Test
    void test(Messaging mine, MemoryBroker own) {
      messaging = mine;
      broker = own;
      handler = FakeHandler.blocking();
      Lab.consume(mine, handler);
      mine.producer().publish(Lab.message("a", "never handled"));
      handler.awaitEntered();
      own.hang();
      throw new IllegalStateException("fails on purpose");
    }
  }

  @Test
  void a_test_that_fails_inside_a_handler_leaves_nothing_open() {
    assertThat(failureOf(LeavesAHandlerBehind.class)).hasMessage("fails on purpose");

    assertThat(LeavesAHandlerBehind.handler.interrupted()).isTrue();
    assertThat(LeavesAHandlerBehind.broker.connections()).isZero();
    assertThat(LeavesAHandlerBehind.broker.hasTopic(Lab.TOPIC)).isFalse();
    assertThat(refusal(LeavesAHandlerBehind.messaging)).isEqualTo(ErrorCode.CLOSED);
  }

  @MessagingTest(virtualTime = true, settings = "application=around")
  static class Around {
    @Nested
    class Inside {
      @Test
      void test(Messaging messaging, VirtualTime time) {
        assertThat(messaging.configuration())
            .anyMatch(one -> one.key().equals("application") && "around".equals(one.value()));
      }
    }
  }

  @Test
  void a_nested_class_inherits_the_annotation() {
    TestExecutionSummary summary = run(Around.class);

    assertThat(summary.getFailures()).isEmpty();
    assertThat(summary.getTestsSucceededCount()).isEqualTo(1);
  }

  @MessagingTest
  static final class WantsARecorderOfABrokerThatIsDown {
    @BeforeEach
    void breakIt(MemoryBroker broker) {
      broker.down();
    }

    @Test
    void test(@Records("orders") Recorder recorder) {}
  }

  @Test
  void a_recorder_that_never_gets_ready_fails_the_test_and_says_so() {
    assertThat(failureOf(WantsARecorderOfABrokerThatIsDown.class))
        .hasStackTraceContaining("the recorder of [orders] to be ready");
  }

  private static ErrorCode refusal(Messaging messaging) {
    try {
      messaging.producer().publish(Message.of("after", null));
    } catch (MessagingException e) {
      return e.code();
    }
    throw new AssertionError("it is still open");
  }

  private static Throwable failureOf(Class<?> test) {
    TestExecutionSummary summary = run(test);
    assertThat(summary.getFailures()).hasSize(1);
    return summary.getFailures().get(0).getException();
  }

  private static TestExecutionSummary run(Class<?> test) {
    LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request().selectors(selectClass(test)).build();
    SummaryGeneratingListener listener = new SummaryGeneratingListener();
    LauncherFactory.create().execute(request, listener);
    return listener.getSummary();
  }
}
