package dev.missive.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.AccessTarget.CodeUnitAccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.Set;
import java.util.Timer;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The runtime and the in-memory broker read and wait on {@code Time} alone (docs/adr/0004). */
final class TimeArchitectureTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.missive.core", "dev.missive.guice", "dev.missive.testkit.memory");

  private static final Set<String> OF_THE_REAL_CLOCK =
      Set.of(
          "java.lang.System.nanoTime",
          "java.lang.System.currentTimeMillis",
          "java.lang.Thread.sleep",
          "java.util.concurrent.TimeUnit.sleep",
          "java.util.concurrent.TimeUnit.timedJoin",
          "java.util.concurrent.TimeUnit.timedWait",
          "java.util.concurrent.locks.LockSupport.parkNanos",
          "java.util.concurrent.locks.LockSupport.parkUntil");

  /** They do so in objects of many types. */
  private static final Set<String> WAITS = Set.of("awaitNanos", "awaitUntil");

  private static final Set<String> WITH_A_TIME = Set.of("wait", "join");

  /** The exact list also shows that calls and method references are seen. */
  @Test
  void two_classes_know_the_real_clock() {
    List<String> users =
        CLASSES.stream()
            .filter(
                type ->
                    type.getAccessesFromSelf().stream()
                        .anyMatch(TimeArchitectureTest::isOnTheRealClock))
            .map(TimeArchitectureTest::file)
            .distinct()
            .sorted()
            .toList();

    // The second is what guards go by until they are given a Time.
    assertThat(users)
        .containsExactly("dev.missive.core.connect.SystemTime", "dev.missive.core.guard.NanoClock");
  }

  private static boolean isOnTheRealClock(JavaAccess<?> access) {
    JavaClass owner = access.getTargetOwner();
    String name = access.getName();
    return OF_THE_REAL_CLOCK.contains(owner.getName() + "." + name)
        || owner.isAssignableTo(ScheduledExecutorService.class)
        || owner.isAssignableTo(Timer.class)
        || owner.getPackageName().equals("java.time") && parameters(access).isEmpty() && tells(name)
        || WAITS.contains(name)
        || WITH_A_TIME.contains(name) && parameters(access).contains("long")
        // Every other wait of java.util.concurrent that ends by itself has a unit.
        || owner.getPackageName().startsWith("java.util.concurrent")
            && parameters(access).contains(TimeUnit.class.getName());
  }

  private static boolean tells(String name) {
    return name.equals("now") || name.startsWith("system");
  }

  private static Set<String> parameters(JavaAccess<?> access) {
    return access.getTarget() instanceof CodeUnitAccessTarget target
        ? target.getRawParameterTypes().stream().map(JavaClass::getName).collect(Collectors.toSet())
        : Set.of();
  }

  private static String file(JavaClass type) {
    return type.getName().replaceAll("\\$.*", "");
  }
}
