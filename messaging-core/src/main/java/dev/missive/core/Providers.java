package dev.missive.core;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.core.config.Suggestions;
import dev.missive.spi.BrokerProvider;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Finds adapters and chooses one (design, "Configuration and choice of the broker"). */
final class Providers {
  private static final Logger LOG = System.getLogger("dev.missive");
  private static final String MEMORY = "memory";

  /** Which dependency brings them. */
  private static final Map<String, String> OURS =
      Map.of(
          "rabbitmq",
          "messaging-rabbitmq",
          "kafka",
          "messaging-kafka",
          "nats",
          "messaging-nats",
          MEMORY,
          "messaging-testkit");

  private Providers() {}

  /** Those from code, then those on the class path; of one name the first. */
  static List<BrokerProvider> find(List<BrokerProvider> fromCode) {
    Map<String, BrokerProvider> found = new LinkedHashMap<>();
    fromCode.forEach(provider -> found.putIfAbsent(provider.name(), provider));
    ServiceLoader.load(BrokerProvider.class, Providers.class.getClassLoader())
        .forEach(provider -> found.putIfAbsent(provider.name(), provider));
    ClassLoader context = Thread.currentThread().getContextClassLoader();
    if (context != null && context != Providers.class.getClassLoader()) {
      ServiceLoader.load(BrokerProvider.class, context)
          .forEach(provider -> found.putIfAbsent(provider.name(), provider));
    }
    return List.copyOf(found.values());
  }

  /** The wanted one; else the only one that is not memory; else memory. */
  static BrokerProvider choose(List<BrokerProvider> all, @Nullable String wanted) {
    if (wanted != null) {
      return all.stream()
          .filter(provider -> provider.name().equals(wanted))
          .findFirst()
          .orElseThrow(() -> missing(all, wanted));
    }
    List<BrokerProvider> real =
        all.stream().filter(provider -> !provider.name().equals(MEMORY)).toList();
    if (real.size() > 1) {
      throw new MessagingException(
          ErrorCode.PROVIDER_AMBIGUOUS,
          "several adapters are on the class path: "
              + names(real)
              + ". Set broker to one of them, or remove the others");
    }
    if (real.size() == 1) {
      return real.get(0);
    }
    // None of the rest is a real one.
    BrokerProvider memory = all.stream().findFirst().orElseThrow(Providers::none);
    LOG.log(
        Level.INFO,
        "the in-memory broker is used: nothing survives this process. Add an adapter to the class path for a real broker");
    return memory;
  }

  private static MessagingException none() {
    return new MessagingException(
        ErrorCode.PROVIDER_MISSING,
        "no adapter is on the class path. Add messaging-rabbitmq, messaging-kafka, messaging-nats, or messaging-testkit for the in-memory broker");
  }

  private static MessagingException missing(List<BrokerProvider> all, String wanted) {
    Set<String> names = new TreeSet<>(OURS.keySet());
    all.forEach(provider -> names.add(provider.name()));
    Optional<String> meant = Suggestions.closest(wanted, names);
    return new MessagingException(
        ErrorCode.PROVIDER_MISSING,
        "no broker provider named \""
            + wanted
            + "\""
            + meant.filter(name -> !name.equals(wanted)).map(Providers::question).orElse("")
            + ". Found on the class path: "
            + (all.isEmpty() ? "none" : names(all))
            + ". Add the dependency "
            + meant.map(OURS::get).orElse("that brings it")
            + ", or set broker to one of the above");
  }

  private static String question(String name) {
    return "; did you mean " + name + "?";
  }

  private static String names(List<BrokerProvider> providers) {
    TreeSet<String> names = new TreeSet<>();
    providers.forEach(provider -> names.add(provider.name()));
    return String.join(", ", names);
  }
}
