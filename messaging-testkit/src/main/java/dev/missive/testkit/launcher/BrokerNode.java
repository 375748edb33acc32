package dev.missive.testkit.launcher;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.testkit.proxy.TcpProxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One process of a broker of ours. Each method returns when what it says has happened. Thread-safe.
 *
 * @since 0.1
 */
public final class BrokerNode {
  private static final Duration GRACE = Duration.ofSeconds(20);

  private final Object lock = new Object();
  private final NodePlan plan;
  private final Duration startTimeout;
  private final String url;
  private final @Nullable TcpProxy proxy;
  private @Nullable Forked helper;
  private volatile @Nullable Forked process;
  private volatile boolean paused;

  BrokerNode(NodePlan plan, Duration startTimeout, String url, @Nullable TcpProxy proxy) {
    this.plan = plan;
    this.startTimeout = startTimeout;
    this.url = url;
    this.proxy = proxy;
  }

  /**
   * The name of the node, for instance {@code r1}.
   *
   * @return never null
   */
  public String name() {
    return plan.name();
  }

  /**
   * The address of this node alone, past any proxy.
   *
   * @return as {@link LiveBroker#directUrl()} names it
   */
  public String directUrl() {
    return url;
  }

  /**
   * The port on 127.0.0.1 on which the broker itself listens for clients.
   *
   * @return stays the same over restarts
   */
  public int port() {
    return plan.port();
  }

  /**
   * The proxy before this node.
   *
   * @return empty unless asked for with {@link BrokerOptions#withProxy()}
   */
  public Optional<TcpProxy> proxy() {
    return Optional.ofNullable(proxy);
  }

  /**
   * The number of the process, also after it was killed.
   *
   * @return of the process that was started last
   * @throws MessagingException CLOSED if it was never started
   */
  public long pid() {
    Forked last = process;
    if (last == null) {
      throw new MessagingException(ErrorCode.CLOSED, name() + " was never started");
    }
    return last.pid();
  }

  /**
   * Whether the process exists; true also while it is paused.
   *
   * @return false after kill or stop
   */
  public boolean running() {
    Forked last = process;
    return last != null && last.alive();
  }

  /**
   * Starts the process and waits until it answers. Does nothing if it runs.
   *
   * @throws MessagingException BROKER_UNREACHABLE if it does not come up, with the end of its log
   */
  public void start() {
    startOnly();
    awaitReady();
  }

  /** Starts the process and does not wait: nodes of a cluster may wait for each other. */
  public void startOnly() {
    synchronized (lock) {
      if (running()) {
        return;
      }
      Forked beside = helper;
      if (plan.helper() != null && (beside == null || !beside.alive())) {
        helper = Forked.start(plan.helper(), plan.folder(), plan.folder().resolve("helper.txt"));
      }
      paused = false;
      process = Forked.start(plan.command(), plan.folder(), plan.log());
    }
  }

  /**
   * Waits until it answers.
   *
   * @throws MessagingException BROKER_UNREACHABLE if it does not in time, with the end of its log
   */
  public void awaitReady() {
    Waiting.until(this, plan.alive(), startTimeout);
  }

  void awaitWhole() {
    Waiting.until(this, plan.whole(), startTimeout);
  }

  /**
   * Kills the process at once (SIGKILL); its data stay.
   *
   * @return the pid that was killed, for the report of a test
   */
  public long kill() {
    synchronized (lock) {
      Forked last = process;
      if (last != null) {
        last.kill();
      }
      return pid();
    }
  }

  /** Ends the process as an administrator would (SIGTERM), and kills it after 20 s. */
  public void stop() {
    synchronized (lock) {
      Forked last = process;
      if (last == null) {
        return;
      }
      resume();
      last.stop(GRACE);
    }
  }

  /**
   * Kills it, starts it on the same ports and data, and waits until it answers.
   *
   * @return the pid that was killed
   * @throws MessagingException BROKER_UNREACHABLE if it does not come up
   */
  public long restart() {
    long killed = kill();
    start();
    return killed;
  }

  /** Stops the process without ending it (SIGSTOP): its sockets stay open and nobody answers. */
  public void pause() {
    Forked last = process;
    if (last != null && last.alive()) {
      last.pause();
    }
    paused = true;
  }

  /** Lets it go on after a pause (SIGCONT). Does nothing if it is not paused. */
  public void resume() {
    if (paused) {
      paused = false;
      Forked last = process;
      if (last != null && last.alive()) {
        last.signal("CONT");
      }
    }
  }

  /**
   * The end of what the broker printed.
   *
   * @param lines how many lines at most
   * @return may be empty
   */
  public String log(int lines) {
    return Waiting.tail(plan.log(), lines);
  }

  /**
   * Runs a command line tool of the broker against this node, for instance {@code
   * tool("rabbitmqctl", "list_queues")}. RabbitMQ only; the others have no tool that comes with
   * them.
   *
   * @param name of the tool
   * @param arguments of the tool
   * @return what it printed
   * @throws MessagingException CAPABILITY_MISSING for other brokers; INTERNAL if the tool fails,
   *     with what it printed
   */
  public String tool(String name, String... arguments) {
    if (plan.tool().isEmpty()) {
      throw new MessagingException(
          ErrorCode.CAPABILITY_MISSING,
          "The broker of " + name() + " has no tool \"" + name + "\"");
    }
    List<String> command = new ArrayList<>(plan.tool());
    command.set(command.indexOf(NodePlan.PID), Long.toString(pid()));
    command.add(name);
    command.addAll(List.of(arguments));
    return Shell.run(startTimeout, command);
  }

  void close() {
    synchronized (lock) {
      Forked last = process;
      if (last != null) {
        last.kill();
      }
      Forked beside = helper;
      if (beside != null) {
        beside.kill();
      }
    }
    if (proxy != null) {
      proxy.close();
    }
  }

  @Nullable Forked process() {
    return process;
  }

  @Nullable Forked helper() {
    synchronized (lock) {
      return helper;
    }
  }

  @Override
  public String toString() {
    return name() + " on port " + port() + (running() ? ", pid " + pid() : ", not running");
  }
}
