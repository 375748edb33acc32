package dev.missive.testkit.contract;

import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives each clause its {@link Lab}. Registered by {@link BrokerContract} and {@link
 * ClusterContract}; stateless.
 *
 * @since 0.1
 */
public final class LabExtension implements ParameterResolver {
  private static final ExtensionContext.Namespace NAMESPACE =
      ExtensionContext.Namespace.create(LabExtension.class);

  /** Lets the kit's own tests take away what keeps tests apart. */
  private static final String NAMES = "missive.contract.names";

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
              BrokerUnderTest broker = ((ContractTest) context.getRequiredTestInstance()).broker();
              return new Lab(
                  broker,
                  context.getConfigurationParameter(NAMES).orElseGet(LabExtension::unique),
                  (what, value) -> context.publishReportEntry(Map.of("missive." + what, value)));
            },
            Lab.class);
  }

  private static String unique() {
    return UUID.randomUUID().toString().substring(0, 8);
  }
}
