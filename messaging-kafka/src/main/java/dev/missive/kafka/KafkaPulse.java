package dev.missive.kafka;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.spi.BrokerContext.Link;
import java.time.Duration;
import java.util.Map;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.errors.AuthenticationException;
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

  /** So long does a login take to show: the admin client repeats an old refusal once. */
  private static final int BEATS_FOR_LOGIN = 3;

  private final KafkaConnection connection;
  private final Object lock = new Object();
  private boolean started;
  private boolean stopped;
  private boolean asking;
  private int beat;
  private int without;
  private double connections;
  private double closed;
  private int refusals;

  /** Whether there have been others since a login succeeded. */
  private boolean renewed;

  /** The beat of the last refusal: one that many clients meet at once counts once. */
  private int refusedAt = -1;

  private long nextLogin;

  /** The beat of the last login that was allowed although they are refused. */
  private int loginAt = -BEATS_FOR_LOGIN - 1;

  private Link link = Link.CONNECTED;

  /** Since when there has been no broker, or since it began again. */
  private long alone;

  private long untilBeginningAgain = Long.MAX_VALUE;

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
      untilBeginningAgain = connection.clients().untilBeginningAgain().toNanos();
    }
    // From now on, so that a cut before the first beat is seen too.
    look();
    next();
  }

  void stop() {
    synchronized (lock) {
      stopped = true;
    }
  }

  /** Another client has failed: what it knows is used. */
  void trouble(MessagingException why) {
    // A missing permission is nobody else's trouble.
    if (why.getCause() instanceof AuthenticationException) {
      answered(why);
    }
  }

  private void next() {
    connection.time().schedule(BEAT, () -> connection.later(this::beat));
  }

  private void beat() {
    try {
      look();
      Due due = due();
      if (due.beginAgain()) {
        connection.beginAgain();
      }
      if (due.login()) {
        connection.credentials().retry();
      }
      if (due.ask()) {
        ask();
      }
    } catch (MessagingException e) {
      // Closed meanwhile.
      return;
    }
    synchronized (lock) {
      if (stopped) {
        return;
      }
    }
    next();
  }

  /** What a beat has to do. */
  private record Due(boolean ask, boolean login, boolean beginAgain) {}

  private Due due() {
    synchronized (lock) {
      if (stopped) {
        return new Due(false, false, false);
      }
      beat++;
      long now = connection.time().nanos();
      boolean login = link == Link.AUTH_FAILED && now - nextLogin >= 0;
      if (login) {
        nextLogin = now + connection.settings().authRetry().toNanos();
        loginAt = beat;
      }
      boolean beginAgain = link == Link.RECONNECTING && now - alone >= untilBeginningAgain;
      if (beginAgain) {
        alone = now;
      }
      boolean due =
          switch (link) {
            case CONNECTED -> beat % BEATS_BETWEEN == 0;
            case AUTH_FAILED -> beat - loginAt <= BEATS_FOR_LOGIN;
            default -> true;
          };
      boolean ask = !asking && due;
      asking |= ask;
      return new Due(ask, login, beginAgain);
    }
  }

  private void ask() {
    connection
        .client()
        .describeCluster(
            new DescribeClusterOptions()
                .timeoutMs((int) connection.settings().requestTimeout().toMillis()))
        .nodes()
        .whenComplete(
            (nodes, error) ->
                answered(error == null ? null : KafkaErrors.of(error, "asking the cluster")));
  }

  /**
   * A killed broker or a cut is seen at once: there is no connection any more, or as many were
   * closed as there were. (Brokers close single ones that idle.)
   */
  private void look() {
    double now = metric("connection-count");
    double total = metric("connection-close-total");
    boolean lost;
    synchronized (lock) {
      boolean all = total >= 0 && connections > 0 && total - closed >= connections;
      without = now == 0 && asking ? without + 1 : 0;
      lost = all || without >= BEATS_WITHOUT_CONNECTION;
      connections = now;
      closed = total;
    }
    if (lost) {
      report(Link.RECONNECTING, "the connections to the cluster were lost", null);
    }
  }

  private double metric(String name) {
    for (Map.Entry<MetricName, ? extends Metric> metric :
        connection.client().metrics().entrySet()) {
      if (metric.getKey().name().equals(name)
          && metric.getKey().group().equals("admin-client-metrics")
          && metric.getValue().metricValue() instanceof Double value) {
        return value;
      }
    }
    return -1;
  }

  private void answered(@Nullable MessagingException error) {
    Link now;
    String reason;
    boolean again = false;
    synchronized (lock) {
      asking = false;
      if (error == null) {
        refusals = 0;
        renewed = false;
        without = 0;
        now = Link.CONNECTED;
        reason = "the cluster answers";
      } else if (error.code() == ErrorCode.AUTH) {
        again = beat != refusedAt && link != Link.AUTH_FAILED;
        if (again) {
          refusedAt = beat;
          refusals++;
        }
        now = link;
        reason = "refused " + refusals + " times";
        if (refusals < REFUSALS) {
          now = Link.RECONNECTING;
        } else if (link != Link.AUTH_FAILED) {
          now = Link.AUTH_FAILED;
          nextLogin = connection.time().nanos() + connection.settings().authRetry().toNanos();
        }
      } else {
        now = link == Link.AUTH_FAILED ? link : Link.RECONNECTING;
        reason = "the cluster does not answer";
      }
    }
    report(now, reason, error);
    if (again && now != Link.AUTH_FAILED) {
      // They may have changed since they were asked for.
      connection.later(this::askAgain);
    }
  }

  /**
   * What is refused from now on may be logins that began before there were others: they are counted
   * anew, once until one succeeds.
   */
  private void askAgain() {
    if (!connection.credentials().askAgain()) {
      return;
    }
    synchronized (lock) {
      if (!renewed) {
        renewed = true;
        refusals = 0;
        nextLogin = connection.time().nanos();
      }
    }
  }

  private void report(Link now, String reason, @Nullable MessagingException error) {
    synchronized (lock) {
      if (stopped || now == link) {
        return;
      }
      link = now;
      alone = connection.time().nanos();
      connection.credentials().refused(now == Link.AUTH_FAILED);
      // In order, so under the lock; the runtime returns at once.
      connection.context().connection(now, reason, error);
    }
    if (now == Link.CONNECTED) {
      connection.later(connection::back);
    }
  }
}
