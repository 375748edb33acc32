package dev.missive.testkit.memory;

import dev.missive.Capability;
import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.spi.BrokerContext;
import dev.missive.spi.BrokerProvider.Setting;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Settings of the in-memory broker. Immutable. */
final class MemorySettings {
  static final List<Setting> ALL =
      List.of(
          Setting.of(
              "memory.name",
              String.class,
              "default",
              "which broker of this process; those of one name share everything, others nothing"),
          Setting.of("memory.username", String.class, null, "who to log in as").asCredential(),
          new Setting("memory.password", String.class, null, true, List.of(), "the password")
              .asCredential(),
          Setting.of("memory.max-bytes", Long.class, "1048576", "largest message in bytes"),
          Setting.of(
              "memory.max-stored-bytes",
              Long.class,
              "268435456",
              "how many bytes (body, key, headers) the broker holds before it refuses this client's"
                  + " messages; settled ones that are kept for later groups give way first"),
          Setting.of(
              "memory.retain",
              Integer.class,
              "10000",
              "how many settled messages per topic are kept for groups that start earlier"),
          Setting.of(
              "memory.dedup-window",
              Duration.class,
              "2m",
              "how long an id is remembered; 0s = never"),
          Setting.of(
              "memory.wait-in-process",
              Duration.class,
              "0s",
              "waits up to this long stay in the client"),
          Setting.of(
              "memory.longest-hold",
              Duration.class,
              "0s",
              "how long a delivery may stay unsettled; 0s = no limit"),
          Setting.of(
                  "memory.retry-delay",
                  Duration.class,
                  "250ms",
                  "the first wait before a lost connection is made again; it doubles, with jitter")
              .atLeast("1ms"),
          Setting.of("memory.retry-delay-max", Duration.class, "30s", "the longest such wait")
              .atLeast("1ms"),
          Setting.of(
              "memory.auth-retry",
              Duration.class,
              "1m",
              "how long to wait between logins once the credentials were refused three times"),
          Setting.of(
              "memory.without",
              List.class,
              null,
              "capabilities this broker shall not have, for tests of refusals"),
          Setting.of(
                  "memory.seed",
                  Long.class,
                  null,
                  "shuffles what has no promised order, the same way each time")
              .atLeast(Long.toString(Long.MIN_VALUE)));

  final String name;
  final Optional<Supplier<String>> username;
  final Optional<Supplier<String>> password;
  final long maxBytes;
  final long maxStoredBytes;
  final int retain;
  final Duration dedupWindow;
  final Duration waitInProcess;
  final Duration longestHold;
  final Duration retryDelay;
  final Duration longestRetryDelay;
  final Duration authRetry;
  final Set<Capability> without;
  final @Nullable Long seed;

  MemorySettings(BrokerContext context) {
    name = context.setting("memory.name", String.class);
    username = context.credential("memory.username");
    password = context.credential("memory.password");
    maxBytes = context.setting("memory.max-bytes", Long.class);
    maxStoredBytes = context.setting("memory.max-stored-bytes", Long.class);
    retain = context.setting("memory.retain", Integer.class);
    waitInProcess = context.setting("memory.wait-in-process", Duration.class);
    longestHold = context.setting("memory.longest-hold", Duration.class);
    retryDelay = context.setting("memory.retry-delay", Duration.class);
    longestRetryDelay = context.setting("memory.retry-delay-max", Duration.class);
    authRetry = context.setting("memory.auth-retry", Duration.class);
    without = EnumSet.noneOf(Capability.class);
    for (Object capability : context.optional("memory.without", List.class).orElse(List.of())) {
      try {
        without.add(Capability.valueOf(capability.toString().toUpperCase(Locale.ROOT)));
      } catch (IllegalArgumentException e) {
        throw new MessagingException(
            ErrorCode.CONFIG_INVALID,
            "memory.without has \""
                + capability
                + "\" but must name capabilities: "
                + List.of(Capability.values()),
            e);
      }
    }
    dedupWindow =
        without.contains(Capability.DEDUP)
            ? Duration.ZERO
            : context.setting("memory.dedup-window", Duration.class);
    seed = context.optional("memory.seed", Long.class).orElse(null);
    if (maxBytes < 1 || maxStoredBytes < 1 || retain < 0) {
      throw new MessagingException(
          ErrorCode.CONFIG_INVALID,
          "memory.max-bytes and memory.max-stored-bytes must be at least 1, memory.retain at least 0");
    }
  }
}
