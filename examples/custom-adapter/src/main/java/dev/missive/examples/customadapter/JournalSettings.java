package dev.missive.examples.customadapter;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.spi.BrokerContext;
import dev.missive.spi.BrokerProvider.Setting;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * The settings of one client. Immutable.
 *
 * @param directory where the journal is
 * @param pollInterval how often other processes are looked after
 * @param lockTimeout how long another process may keep the journal to itself
 * @param maxBytes the largest message
 */
record JournalSettings(Path directory, Duration pollInterval, Duration lockTimeout, long maxBytes) {
  private static final String DIRECTORY = "journal.directory";
  private static final String POLL_INTERVAL = "journal.poll-interval";
  private static final String LOCK_TIMEOUT = "journal.lock-timeout";
  private static final String MAX_BYTES = "journal.max-bytes";

  static final List<Setting> ALL =
      List.of(
          Setting.of(
              DIRECTORY,
              String.class,
              null,
              "the directory of the journal, which must exist; all processes that name it share it"),
          Setting.of(
                  POLL_INTERVAL,
                  Duration.class,
                  "100ms",
                  "how often the journal is looked at for what other processes wrote")
              .atLeast("1ms"),
          Setting.of(
                  LOCK_TIMEOUT,
                  Duration.class,
                  "5s",
                  "how long another process may lock the journal until the connection counts as lost")
              .atLeast("1ms"),
          Setting.of(MAX_BYTES, Long.class, "1048576", "largest message in bytes").atLeast("1"));

  static JournalSettings of(BrokerContext context) {
    String directory =
        context
            .optional(DIRECTORY, String.class)
            .orElseThrow(
                () ->
                    new MessagingException(
                        ErrorCode.CONFIG_INVALID,
                        DIRECTORY + " is not set. Name a directory that exists"));
    return new JournalSettings(
        Path.of(directory).toAbsolutePath().normalize(),
        context.setting(POLL_INTERVAL, Duration.class),
        context.setting(LOCK_TIMEOUT, Duration.class),
        context.setting(MAX_BYTES, Long.class));
  }
}
