package dev.missive.kafka;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.spi.BrokerContext.Link;
import java.time.Duration;
import java.util.Map;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.jspecify.annotations.Nullable;

/**
 * Knows whether the cluster answers. Kafka's clients reconnect by themselves and say nothing, so it
 * asks every few seconds, and looks whether there is a connection at all. Thread-safe.
 */
final class KafkaPulse {
  private static final Duration BEAT = Duration.ofSeconds(1);
  private static final int BEATS_BETWEEN = 5;
  private static final int BEATS_WITHOUT_CONNECTION = 2;
  private static final int REFUSALS = 3;

  private final KafkaConnection connection;
  private final Object lock = new Object();
  private boolean started;
  private boolean stopped;
  private boolean asking;
  private int beat;
  private int without;
  private int refusals;
  private long quietUntil = Long.MIN_VALUE;
  private Link link = Link.CONNECTED;

  KafkaPulse(KafkaConnection connection) {
    this.connection = connection;
  }

  /** The first connection stands. */
  void start() {
    synchronized (lock) {
      if (started) {
        return;
      }
      started = true;
    }
    next();
  }

  void stop() {
    synchronized (lock) {
      stopped = true;
    }
  }

  /** Another client has failed: what it knows is used, and the cluster is asked. */
  void trouble(MessagingException why) {
    if (why.code() == ErrorCode.AUTH) {
      answered(why);
    }
  }

  private void next() {
    connection.time().schedule(BEAT, () -> connection.later(this::beat));
  }

  private void beat() {
    boolean ask;
    synchronized (lock) {
      if (stopped) {
        return;
      }
      beat++;
      boolean quiet = connection.time().nanos() - quietUntil < 0 && quietUntil != Long.MIN_VALUE;
      ask = !asking && !quiet && (link != Link.CONNECTED || beat % BEATS_BETWEEN == 0);
      asking |= ask;
    }
    try {
      look();
      if (ask) {
        connection
            .client()
            .describeCluster()
            .nodes()
            .whenComplete(
                (nodes, error) ->
                    answered(error == null ? null : KafkaErrors.of(error, "asking the cluster")));
      }
    } catch (MessagingException e) {
      // Closed meanwhile.
      return;
    }
    next();
  }

  /** A killed broker is seen at once: there is no connection any more. */
  private void look() {
    double connections = -1;
    for (Map.Entry<MetricName, ? extends Metric> metric :
        connection.client().metrics().entrySet()) {
      if (metric.getKey().name().equals("connection-count")
          && metric.getValue().metricValue() instanceof Double count) {
        connections = count;
      }
    }
    boolean lost;
    synchronized (lock) {
      without = connections == 0 && asking ? without + 1 : 0;
      lost = without >= BEATS_WITHOUT_CONNECTION;
    }
    if (lost) {
      report(Link.RECONNECTING, "there is no connection to the cluster", null);
    }
  }

  private void answered(@Nullable MessagingException error) {
    Link now;
    String reason;
    synchronized (lock) {
      asking = false;
      if (error == null) {
        refusals = 0;
        without = 0;
        quietUntil = Long.MIN_VALUE;
        now = Link.CONNECTED;
        reason = "the cluster answers";
      } else if (error.code() == ErrorCode.AUTH && ++refusals >= REFUSALS) {
        now = Link.AUTH_FAILED;
        reason = "refused " + refusals + " times";
        quietUntil = connection.time().nanos() + connection.settings().authRetry().toNanos();
      } else {
        now = link == Link.AUTH_FAILED ? link : Link.RECONNECTING;
        reason = "the cluster does not answer";
      }
    }
    report(now, reason, error);
  }

  private void report(Link now, String reason, @Nullable MessagingException error) {
    synchronized (lock) {
      if (stopped || now == link) {
        return;
      }
      link = now;
      // In order, so under the lock; the runtime returns at once.
      connection.context().connection(now, reason, error);
    }
    if (now == Link.CONNECTED) {
      connection.later(connection::back);
    }
  }
}
