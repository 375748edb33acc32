package dev.missive.testkit.junit;

import dev.missive.Messaging;
import dev.missive.testkit.MemoryBroker;
import dev.missive.testkit.Recorder;
import dev.missive.testkit.VirtualTime;
import java.lang.reflect.Method;
import java.util.Set;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.platform.commons.support.AnnotationSupport;

/**
 * What {@link MessagingTest} does. Not meant to be registered in another way. Thread-safe.
 *
 * @since 0.1
 */
public final class MessagingExtension implements ParameterResolver {
  private static final ExtensionContext.Namespace NAMESPACE =
      ExtensionContext.Namespace.create(MessagingExtension.class);
  private static final Set<Class<?>> TYPES =
      Set.of(
          Messaging.class, MemoryBroker.class, Recorder.class, Awaiting.class, VirtualTime.class);

  /** Made by JUnit. */
  public MessagingExtension() {}

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return TYPES.contains(parameter.getParameter().getType());
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    Class<?> type = parameter.getParameter().getType();
    Method test =
        context
            .getTestMethod()
            .filter(method -> parameter.getDeclaringExecutable() instanceof Method)
            .orElseThrow(
                () ->
                    new ParameterResolutionException(
                        type.getSimpleName()
                            + " belongs to one test: it can be a parameter of a method with @Test,"
                            + " @BeforeEach or @AfterEach, not of a constructor or of @BeforeAll"));
    MessagingTest options = options(test, context);
    MessagingSession session =
        context
            .getStore(NAMESPACE)
            .computeIfAbsent(
                MessagingSession.class,
                key -> new MessagingSession(options),
                MessagingSession.class);
    if (type == Messaging.class) {
      return session.messaging;
    }
    if (type == MemoryBroker.class) {
      return session.broker;
    }
    if (type == Recorder.class) {
      return session.recorder(parameter.findAnnotation(Records.class).orElse(null));
    }
    return type == Awaiting.class ? session.awaiting() : time(session);
  }

  private static VirtualTime time(MessagingSession session) {
    VirtualTime time = session.time;
    if (time == null) {
      throw new ParameterResolutionException(
          "the clock of this test is real; say @MessagingTest(virtualTime = true)");
    }
    return time;
  }

  /** The nearest annotation: of the method, of its class, of the classes around it. */
  private static MessagingTest options(Method test, ExtensionContext context) {
    return AnnotationSupport.findAnnotation(test, MessagingTest.class)
        .or(
            () ->
                AnnotationSupport.findAnnotation(
                    context.getRequiredTestClass(),
                    MessagingTest.class,
                    context.getEnclosingTestClasses()))
        .orElseThrow(
            () -> new ParameterResolutionException("@MessagingTest is missing on " + test));
  }
}
