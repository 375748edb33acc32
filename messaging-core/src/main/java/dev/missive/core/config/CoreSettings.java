package dev.missive.core.config;

import dev.missive.spi.BrokerProvider.Setting;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** The runtime's own settings, with their defaults. */
public final class CoreSettings {
  /** All of them. */
  public static final List<Setting> ALL =
      List.of(
          Setting.of(
              "broker",
              String.class,
              null,
              "name of the adapter; by default the only one on the class path that is not memory"),
          Setting.of(
              "application",
              String.class,
              null,
              "what this application is called at the broker; by default host name and process id"),
          Setting.of(
              "connections",
              List.class,
              null,
              "names of connections that are configured by variables and named nowhere else"),
          Setting.of("producer.deadline", Duration.class, "30s", "until when a publish is tried")
              .atLeast("1ms"),
          Setting.of(
                  "producer.window",
                  Integer.class,
                  "1000",
                  "how many messages may be unacknowledged per connection")
              .atLeast("1"),
          Setting.of(
                  "producer.window-bytes",
                  Long.class,
                  "8388608",
                  "how many bytes may be unacknowledged per connection")
              .atLeast("1"),
          Setting.of(
              "producer.strict-key-order",
              Boolean.class,
              "false",
              "sends the next message of a key only after the previous one was acknowledged"),
          Setting.of(
              "producer.fail-when-full",
              Boolean.class,
              "false",
              "fails instead of waiting when the window is full"),
          Setting.of(
                  "producer.time-to-live",
                  Duration.class,
                  null,
                  "time to live of messages that have none; by default they do not expire")
              .atLeast("1ms"),
          Setting.of(
                  "consumer.concurrency",
                  Integer.class,
                  "1",
                  "how many handlers run at the same time per subscription")
              .atLeast("1"),
          Setting.of(
                  "consumer.max-in-flight",
                  Integer.class,
                  null,
                  "how many unsettled deliveries a subscription holds; by default max(100, 4 x concurrency)")
              .atLeast("1"),
          Setting.of(
                  "consumer.max-handling-time",
                  Duration.class,
                  null,
                  "how long one run may take; by default 25m, or what the broker allows")
              .atLeast("1ms"),
          Setting.of(
                  "consumer.stall-after",
                  Duration.class,
                  "60s",
                  "after how long without progress a consumer is STALLED")
              .atLeast("1ms"),
          Setting.of(
              "retry.initial",
              Duration.class,
              "1s",
              "wait after the first failed run; it doubles each time"),
          Setting.of("retry.max", Duration.class, "60s", "longest wait between two runs"),
          Setting.of(
                  "retry.max-attempts", Integer.class, "5", "how many runs a message gets in all")
              .atLeast("1"),
          Setting.of(
                  "connect.timeout",
                  Duration.class,
                  "10s",
                  "how long start and other calls wait for the connection")
              .atLeast("1ms"),
          Setting.of(
                  "admin.timeout",
                  Duration.class,
                  "60s",
                  "how long calls on topology and dead letters then wait for their answer")
              .atLeast("1ms"),
          Setting.of(
              "connect.attempts",
              Integer.class,
              "0",
              "how many attempts the first connection gets; 0 = for ever"),
          Setting.of(
                  "connect.retry-delay",
                  Duration.class,
                  "250ms",
                  "the first wait before a failed connect, subscribe or send is tried again; it doubles, with jitter")
              .atLeast("1ms"),
          Setting.of("connect.retry-delay-max", Duration.class, "30s", "the longest such wait")
              .atLeast("1ms"),
          Setting.of("connect.fail-fast", Boolean.class, "false", "the same as connect.attempts 1"),
          Setting.of(
              "topology.mode",
              TopologyMode.class,
              "DECLARE",
              "what starting a consumer does: DECLARE, VERIFY or NONE"),
          Setting.of(
              "dead-letter.message",
              Boolean.class,
              "true",
              "whether dead letters carry the texts of exceptions"),
          Setting.of(
              "dead-letter.stack",
              Boolean.class,
              "false",
              "whether dead letters carry the stack trace, without texts if dead-letter.message is false"),
          Setting.of(
              "dead-letter.aliases",
              List.class,
              null,
              "further names of dead-letter headers, as missive-dl-topic=original-topic, separated by commas"),
          Setting.of(
                  "message.max-bytes",
                  Long.class,
                  "1000000",
                  "largest message, body, key and headers, in bytes")
              .atLeast("1"));

  private CoreSettings() {}

  /** {@return what the application is called if nobody says} */
  public static String defaultApplication() {
    return host().replaceAll("[^A-Za-z0-9_-]", "-") + "-" + ProcessHandle.current().pid();
  }

  /** Where the system says it itself nobody asks a name server, who may not answer. */
  private static String host() {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
    } catch (IOException e) {
      try {
        return InetAddress.getLocalHost().getHostName();
      } catch (UnknownHostException unknown) {
        return "localhost";
      }
    }
  }
}
