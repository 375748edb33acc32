package dev.missive.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.testkit.VirtualTime;
import dev.missive.testkit.contract.BrokerContract;
import dev.missive.testkit.contract.BrokerUnderTest;
import dev.missive.testkit.contract.Clause;
import dev.missive.testkit.contract.Control;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestExecutionResult.Status;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** A clause that needs a control is not proven where that control is absent. */
final class AbsentControlTest {
  private static final String ABSENT = "missive.absent";
  private static final String REASON = "nobody can";

  /** Part A where one control is absent, with or without a reason. */
  @ExtendWith(Parameter.class)
  static final class Contract implements BrokerContract {
    private final MemoryUnderTest memory = new MemoryUnderTest(new VirtualTime());
    private final String absent;

    Contract(String absent) {
      this.absent = absent;
    }

    @Override
    public BrokerUnderTest broker() {
      BrokerUnderTest all = memory.broker();
      BrokerUnderTest some =
          BrokerUnderTest.of(all.name(), all.settings())
              .control(rest())
              .time(all.time().orElseThrow())
              .sessionTimeout(Duration.ZERO);
      return absent.endsWith("!") ? some : some.without(named(absent), REASON);
    }

    /** All that the broker can but this one. */
    private Control rest() {
      Class<?> without = named(absent.replace("!", ""));
      Class<?>[] types =
          Arrays.stream(MemoryUnderTest.class.getInterfaces())
              .filter(type -> !without.isAssignableFrom(type))
              .toArray(Class<?>[]::new);
      return (Control)
          Proxy.newProxyInstance(
              Contract.class.getClassLoader(),
              types,
              (self, method, args) -> {
                try {
                  return method.invoke(memory, args);
                } catch (InvocationTargetException e) {
                  throw e.getCause();
                }
              });
    }
  }

  /** Gives the contract what is absent. */
  static final class Parameter implements ParameterResolver {
    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
      return parameter.getParameter().getType() == String.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
      return context.getConfigurationParameter(ABSENT).orElseThrow();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "R07, Restart",
    "T03, Restart",
    "P10, Inventory",
    "H01, Power",
  })
  void without_its_control_a_clause_is_not_applicable_or_missing(String clause, String control) {
    assertEnds(clause, control, Status.ABORTED, "n/a: no control " + control + ": " + REASON);
    assertEnds(clause, control + "!", Status.ABORTED, "missing: no control " + control);
  }

  @ParameterizedTest
  @CsvSource({"H01, Alarm", "H01, Credentials"})
  void a_state_that_a_broker_cannot_have_needs_a_reason(String clause, String control) {
    assertEnds(clause, control, Status.SUCCESSFUL, "");
    assertEnds(clause, control + "!", Status.ABORTED, "missing: no control " + control);
  }

  @Test
  void with_all_controls_these_clauses_are_proven() {
    // A majority is what none of them needs.
    for (String clause : new String[] {"R07", "T03", "P10", "H01"}) {
      assertEnds(clause, "Quorum", Status.SUCCESSFUL, "");
    }
  }

  private static void assertEnds(String clause, String absent, Status status, String message) {
    TestExecutionResult result = run(clause, absent);

    assertThat(result.getStatus())
        .as(clause + " without " + absent + ": " + result)
        .isEqualTo(status);
    if (status == Status.ABORTED) {
      assertThat(result.getThrowable().orElseThrow()).hasMessageEndingWith(message);
    }
  }

  private static TestExecutionResult run(String clause, String absent) {
    Method method =
        Arrays.stream(Contract.class.getMethods())
            .filter(each -> each.isAnnotationPresent(DisplayName.class))
            .filter(
                each ->
                    Clause.idsOf(each.getAnnotation(DisplayName.class).value()).contains(clause))
            .findFirst()
            .orElseThrow();
    AtomicReference<TestExecutionResult> ended = new AtomicReference<>();
    LauncherFactory.create(
            LauncherConfig.builder().enableTestExecutionListenerAutoRegistration(false).build())
        .execute(
            LauncherDiscoveryRequestBuilder.request()
                .selectors(DiscoverySelectors.selectMethod(Contract.class, method))
                .configurationParameter(ABSENT, absent)
                .build(),
            new TestExecutionListener() {
              @Override
              public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                if (test.isTest()) {
                  ended.set(result);
                }
              }
            });
    return ended.get();
  }

  private static Class<? extends Control> named(String control) {
    return Arrays.stream(Control.class.getDeclaredClasses())
        .filter(type -> type.getSimpleName().equals(control))
        .map(type -> type.asSubclass(Control.class))
        .findFirst()
        .orElseThrow();
  }
}
