package dev.missive.testkit.contract;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLocksProvider;

/**
 * Keeps clauses apart where JUnit runs them in parallel: those that disturb the broker or count
 * what is there run while no other of the same class does, those that need the machine while no
 * other clause does at all. Registered by {@link BrokerContract}; stateless.
 *
 * @since 0.1
 */
public final class ClauseLocks implements ResourceLocksProvider {
  private static final String PREFIX = "missive.contract.";
  private static final Set<String> BROKER = Set.of("fault", "count");
  private static final Set<String> MACHINE = Set.of("alone");

  /** Made by JUnit. */
  public ClauseLocks() {}

  @Override
  public Set<Lock> provideForMethod(
      List<Class<?>> enclosingInstanceTypes, Class<?> testClass, Method testMethod) {
    Set<String> tags =
        Arrays.stream(testMethod.getAnnotationsByType(Tag.class))
            .map(Tag::value)
            .collect(Collectors.toSet());
    return Set.of(lock(testClass.getName(), tags, BROKER), lock("machine", tags, MACHINE));
  }

  private static Lock lock(String name, Set<String> tags, Set<String> exclusive) {
    boolean shared = tags.stream().noneMatch(exclusive::contains);
    return new Lock(
        PREFIX + name, shared ? ResourceAccessMode.READ : ResourceAccessMode.READ_WRITE);
  }
}
