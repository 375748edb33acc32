package dev.missive.conformance;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.util.List;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;

/**
 * The arrows of docs/architecture.md. Adapters are not on the class path here; {@code
 * AdapterArchitectureTest} in examples/quickstart-it has theirs.
 */
final class ArchitectureTest {
  private static final int MOST_PUBLIC_TYPES = 45;
  private static final String[] ADAPTERS = {
    "dev.missive.rabbitmq..", "dev.missive.kafka..", "dev.missive.nats.."
  };
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.missive");

  @Test
  void the_api_depends_on_nothing() {
    classes()
        .that()
        .resideInAnyPackage("dev.missive", "dev.missive.spi")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage("dev.missive", "dev.missive.spi", "java..", "org.jspecify..")
        .check(CLASSES);
  }

  @Test
  void the_testkit_does_not_know_the_runtime() {
    noClasses()
        .that()
        .resideInAPackage("dev.missive.testkit..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("dev.missive.core..", "dev.missive.guice..")
        .orShould()
        .dependOnClassesThat()
        .resideInAnyPackage(ADAPTERS)
        .check(CLASSES);
  }

  @Test
  void the_runtime_does_not_know_any_adapter() {
    noClasses()
        .that()
        .resideInAnyPackage("dev.missive.core..", "dev.missive.guice..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(ADAPTERS)
        .orShould()
        .dependOnClassesThat()
        .resideInAPackage("dev.missive.testkit..")
        .check(CLASSES);
  }

  @Test
  void packages_have_no_cycles() {
    slices()
        .assignedFrom(new EachPackage())
        .should()
        .beFreeOfCycles()
        // A factory on an interface knows what stands behind it.
        .ignoreDependency(
            "dev.missive.testkit.MemoryBroker", "dev.missive.testkit.memory.MemoryControl")
        .check(CLASSES);
  }

  /** The two halves of the API know each other: applications hand in a clock and adapters. */
  private static final class EachPackage implements SliceAssignment {
    @Override
    public SliceIdentifier getIdentifierOf(JavaClass type) {
      String name = type.getPackageName();
      if (!name.startsWith("dev.missive")) {
        return SliceIdentifier.ignore();
      }
      return SliceIdentifier.of(name.equals("dev.missive.spi") ? "dev.missive" : name);
    }

    @Override
    public String getDescription() {
      return "each package, the API as one";
    }
  }

  @Test
  void each_lookup_has_one_class() {
    List<String> users =
        CLASSES.stream()
            .filter(
                type ->
                    type.getDirectDependenciesFromSelf().stream()
                        .anyMatch(d -> d.getTargetClass().isEquivalentTo(ServiceLoader.class)))
            .map(JavaClass::getName)
            .sorted()
            .toList();
    // The kit opens an adapter without the runtime, to prove what the runtime relies on.
    assertThat(users)
        .containsExactly(
            "dev.missive.Messaging",
            "dev.missive.core.Providers",
            "dev.missive.testkit.contract.Spi");
  }

  @Test
  void the_graph_is_drawn_in_one_class() {
    for (String part :
        List.of(
            "connect.Connection",
            "connect.Serial",
            "publish.Outbox",
            "publish.Publisher",
            "publish.RuntimeProducer",
            "manage.RuntimeTopology",
            "manage.RuntimeDeadLetters",
            "manage.RuntimeRequester",
            "manage.Replies",
            "codec.Codecs",
            "consume.Copies")) {
      List<String> makers =
          CLASSES.stream()
              .filter(
                  type ->
                      type.getConstructorCallsFromSelf().stream()
                          .anyMatch(
                              call ->
                                  call.getTargetOwner()
                                      .getName()
                                      .equals("dev.missive.core." + part)))
              .map(JavaClass::getName)
              .toList();
      assertThat(makers).as(part).containsOnly("dev.missive.core.Assembly");
    }
  }

  @Test
  void the_public_surface_stays_small() {
    long types =
        CLASSES.stream()
            .filter(resideInAPackage("dev.missive"))
            .filter(type -> type.getModifiers().contains(JavaModifier.PUBLIC))
            .filter(JavaClass::isTopLevelClass)
            .count();
    assertThat(types).isBetween(30L, (long) MOST_PUBLIC_TYPES);
  }
}
