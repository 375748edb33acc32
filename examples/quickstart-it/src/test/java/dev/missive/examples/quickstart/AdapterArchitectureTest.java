package dev.missive.examples.quickstart;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ServiceLoader;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What holds for every adapter; here because this is where all of them meet. */
final class AdapterArchitectureTest {
  private static final String[] ADAPTERS = {
    "dev.missive.rabbitmq",
    "dev.missive.kafka",
    "dev.missive.nats",
    "dev.missive.examples.customadapter"
  };
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages(ADAPTERS);

  /** Everything an adapter knows: the API, the JDK, its client, and Guice for its module. */
  @ParameterizedTest
  @CsvSource({
    "dev.missive.rabbitmq, com.rabbitmq..",
    "dev.missive.kafka, org.apache.kafka..",
    "dev.missive.nats, io.nats..",
    "dev.missive.examples.customadapter, dev.missive.examples.customadapter",
  })
  void an_adapter_knows_the_api_and_its_client_and_nothing_else(String adapter, String client) {
    classes()
        .that()
        .resideInAPackage(adapter + "..")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            Stream.of(
                    adapter + "..",
                    client,
                    "dev.missive",
                    "dev.missive.spi",
                    "java..",
                    "javax..",
                    "org.jspecify..",
                    "com.google.inject..")
                .toArray(String[]::new))
        .check(CLASSES);
  }

  @Test
  void only_modules_know_guice() {
    noClasses()
        .that()
        .haveSimpleNameNotEndingWith("Module")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("com.google.inject..")
        .check(CLASSES);
  }

  @Test
  void adapters_look_nothing_up() {
    noClasses().should().dependOnClassesThat().areAssignableTo(ServiceLoader.class).check(CLASSES);
  }

  @Test
  void packages_have_no_cycles() {
    slices().matching("dev.missive.(**)").should().beFreeOfCycles().check(CLASSES);
  }
}
