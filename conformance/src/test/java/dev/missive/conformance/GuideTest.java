package dev.missive.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.missive.Messaging;
import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.platform.engine.FilterResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.PostDiscoveryFilter;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/** Goes the first steps of docs/adapter-guide.md, from an empty folder to clauses that pass. */
final class GuideTest {
  private static final long PATIENCE_SECONDS = 60;

  /** One of each area, of those that need no JVM of their own. */
  private static final List<String> CLAUSES = List.of("P02", "SG01", "A03", "R03", "L05", "C05");

  @TempDir Path folder;

  @Test
  void its_pom_has_what_the_example_is_built_with() throws IOException {
    String pom = block("xml");
    String parent = read("pom.xml");
    for (String library : List.of("junit", "assertj", "jspecify")) {
      assertThat(pom).contains(found("<" + library + "\\.version>(.*?)</", parent).get(0) + "</");
    }
    for (String plugin : List.of("maven-compiler-plugin", "maven-surefire-plugin")) {
      assertThat(squeeze(pom))
          .contains(
              found("(<artifactId>" + plugin + "</artifactId><version>.*?</)", squeeze(parent))
                  .get(0));
    }
    assertThat(pom)
        .contains(
            found("<artifactId>missive-parent</artifactId>\\s*(<version>.*?</)", parent).get(0));

    String bare = squeeze(pom.replaceAll("<version>.*?</version>", ""));
    String example =
        read("examples/custom-adapter/pom.xml").replaceAll("<version>.*?</version>", "");
    List<String> dependencies = found("(<dependency>.*?</dependency>)", squeeze(example));
    assertThat(dependencies).hasSizeGreaterThan(4).allMatch(bare::contains);
  }

  @Test
  @Tag("full")
  void its_steps_lead_to_clauses_that_pass() throws Exception {
    run(block("bash").replace("mvn test\n", ""));
    Path services = Files.createDirectories(folder.resolve("classes/META-INF/services"));
    Files.writeString(services.resolve("dev.missive.spi.BrokerProvider"), block(""));
    String api = homes(Messaging.class, NullMarked.class);
    compile("main", "classes", api);
    String all = System.getProperty("java.class.path");
    compile("test", "test-classes", folder.resolve("classes") + File.pathSeparator + all);

    TestExecutionSummary summary = contract();

    assertThat(summary.getFailures())
        .extracting(
            failure -> failure.getTestIdentifier().getDisplayName(),
            failure -> failure.getException().toString())
        .isEmpty();
    assertThat(summary.getTestsSucceededCount()).isGreaterThanOrEqualTo(CLAUSES.size());
  }

  /** The first block of the guide in this language. */
  private static String block(String language) throws IOException {
    return Pattern.compile("^```(\\w*)\n(.*?)^```$", Pattern.DOTALL | Pattern.MULTILINE)
        .matcher(read("docs/adapter-guide.md"))
        .results()
        .filter(block -> block.group(1).equals(language))
        .findFirst()
        .orElseThrow()
        .group(2);
  }

  private static String read(String file) throws IOException {
    return Files.readString(root().resolve(file));
  }

  private static Path root() {
    Path here = Path.of("").toAbsolutePath();
    return Files.exists(here.resolve("docs")) ? here : here.getParent();
  }

  private static List<String> found(String pattern, String text) {
    return Pattern.compile(pattern, Pattern.DOTALL)
        .matcher(text)
        .results()
        .map(result -> result.group(1))
        .toList();
  }

  private static String squeeze(String text) {
    return text.replaceAll("\\s+", "");
  }

  private void run(String script) throws Exception {
    Path output = folder.resolve("output");
    ProcessBuilder shell =
        new ProcessBuilder("bash", "-euc", script)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile());
    shell.environment().put("missive", root().toString());
    Process process = shell.start();
    try {
      assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).as(Files.readString(output)).isZero();
    } finally {
      process.destroyForcibly();
    }
  }

  private static String homes(Class<?>... types) {
    return ClassPath.of(types).map(ClassPath::file).collect(Collectors.joining(File.pathSeparator));
  }

  private void compile(String part, String into, String classPath) throws IOException {
    List<String> arguments =
        new ArrayList<>(List.of("--release", "17", "-proc:none", "-cp", classPath, "-d"));
    arguments.add(folder.resolve(into).toString());
    try (Stream<Path> files = Files.list(folder.resolve("src/" + part + "/java/com/acme"))) {
      files.map(Path::toString).forEach(arguments::add);
    }
    int result =
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, null, arguments.toArray(String[]::new));
    assertThat(result).as("what javac said of src/" + part).isZero();
  }

  /** Runs some clauses; the adapter is found through the loader of this thread. */
  private TestExecutionSummary contract() throws Exception {
    URL[] parts = {
      folder.resolve("classes").toUri().toURL(), folder.resolve("test-classes").toUri().toURL()
    };
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    try (URLClassLoader loader = new URLClassLoader(parts, GuideTest.class.getClassLoader())) {
      thread.setContextClassLoader(loader);
      PostDiscoveryFilter chosen =
          test ->
              FilterResult.includedIf(
                  !test.isTest() || CLAUSES.stream().anyMatch(test.getDisplayName()::startsWith));
      LauncherDiscoveryRequest request =
          LauncherDiscoveryRequestBuilder.request()
              .selectors(
                  DiscoverySelectors.selectClass(loader.loadClass("com.acme.AcmeContractTest")))
              .filters(chosen)
              .build();
      // Without the listener that reports: this run is none of the module's.
      LauncherConfig config =
          LauncherConfig.builder().enableTestExecutionListenerAutoRegistration(false).build();
      SummaryGeneratingListener listener = new SummaryGeneratingListener();
      LauncherFactory.create(config).execute(request, listener);
      return listener.getSummary();
    } finally {
      thread.setContextClassLoader(before);
    }
  }
}
