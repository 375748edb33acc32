package dev.missive.testkit.contract;

import java.util.Map;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives each clause its {@link Lab}. Registered by {@link BrokerContract}; stateless.
 *
 * @since 0.1
 */
public final class LabExtension implements ParameterResolver {
  private static final ExtensionContext.Namespace NAMESPACE =
      ExtensionContext.Namespace.create(LabExtension.class);

  /** Made by JUnit. */
  public LabExtension() {}

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == Lab.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return context
        .getStore(NAMESPACE)
        .computeIfAbsent(
            Lab.class,
            key -> {
              BrokerUnderTest broker =
                  ((BrokerContract) context.getRequiredTestInstance()).broker();
              return new Lab(
                  broker,
                  (what, value) -> context.publishReportEntry(Map.of("missive." + what, value)));
            },
            Lab.class);
  }
}
