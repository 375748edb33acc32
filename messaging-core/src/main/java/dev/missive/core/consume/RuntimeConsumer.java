package dev.missive.core.consume;

import dev.missive.Consumer;
import dev.missive.ConsumerState;
import dev.missive.Counters;
import dev.missive.DrainReport;
import dev.missive.ErrorCode;
import dev.missive.Health;
import dev.missive.MessagingException;
import dev.missive.core.connect.Await;
import dev.missive.core.connect.Connection;
import dev.missive.core.publish.Outbox;
import dev.missive.spi.Time;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;

/** A consumer: one {@link Flow} per topic, made anew by each start. Thread-safe. */
public final class RuntimeConsumer implements Consumer {
  /** A consumer that waits for the parts of its connection. */
  @FunctionalInterface
  public interface Made {
    /** Makes it. */
    RuntimeConsumer with(
        Connection connection,
        Outbox outbox,
        Copies copies,
        Time time,
        ThreadFactory threads,
        Declaring declaring);
  }

  private final ConsumerSpec spec;
  private final Connection connection;
  private final Outbox outbox;
  private final Copies copies;
  private final Time time;
  private final ThreadFactory threads;
  private final Declaring declaring;
  private final ConsumerNumbers numbers;
  private final Object lock = new Object();

  private List<Flow> flows = List.of();

  private CompletableFuture<Void> ready = new CompletableFuture<>();
  private ConsumerState phase = ConsumerState.NEW;
  private String reason = "not started";
  private boolean paused;
  private boolean closed;
  private int concurrency;
  private long stopBegan;
  private @Nullable CompletableFuture<DrainReport> stopping;
  private ConsumerState shown = ConsumerState.NEW;
  private Instant since;

  RuntimeConsumer(
      ConsumerSpec spec,
      Connection connection,
      Outbox outbox,
      Copies copies,
      Time time,
      ThreadFactory threads,
      Declaring declaring) {
    this.spec = spec;
    this.connection = connection;
    this.outbox = outbox;
    this.copies = copies;
    this.time = time;
    this.threads = threads;
    this.declaring = declaring;
    this.concurrency = spec.concurrency();
    this.since = time.now();
    this.numbers = new ConsumerNumbers(spec);
  }

  @Override
  public void start() {
    if (flowsNow().stream().anyMatch(RuntimeConsumer::failed)) {
      close();
    }
    CompletableFuture<Void> mine;
    synchronized (lock) {
      if (closed) {
        throw new MessagingException(
            ErrorCode.CLOSED, "the connection of this consumer was closed. Open a new one");
      }
      if (phase == ConsumerState.STARTING || phase == ConsumerState.RUNNING) {
        return;
      }
      if (phase == ConsumerState.STOPPING) {
        throw new MessagingException(
            ErrorCode.CONFIG_INVALID,
            "this consumer is stopping. Start it again when stop() has returned");
      }
      phase = ConsumerState.STARTING;
      reason = "waiting for the broker";
      ready = new CompletableFuture<>();
      mine = ready;
    }
    Start start =
        new Start(
            spec,
            connection,
            declaring,
            time,
            () -> starting(mine),
            why -> {
              synchronized (lock) {
                reason = starting(mine) ? why : reason;
              }
            });
    CompletionStage<Void> opened =
        start
            .stands()
            .whenComplete(
                (wanted, error) -> {
                  if (error != null) {
                    failed(mine, Await.unwrap(error));
                  }
                })
            .thenAccept(wanted -> open(mine, wanted));
    try {
      start.begin(opened);
    } catch (MessagingException e) {
      failed(mine, e);
      throw e;
    }
  }

  private static boolean failed(Flow flow) {
    return flow.health.condition().state() == ConsumerState.FAILED;
  }

  private boolean starting(CompletableFuture<Void> mine) {
    synchronized (lock) {
      return ready == mine && phase == ConsumerState.STARTING;
    }
  }

  private void open(CompletableFuture<Void> mine, List<FlowSpec> wanted) {
    List<Flow> made = new ArrayList<>();
    List<CompletableFuture<Void>> standing = new ArrayList<>();
    synchronized (lock) {
      if (!starting(mine)) {
        return;
      }
      for (FlowSpec flowSpec : wanted) {
        Flow flow =
            new Flow(
                flowSpec, concurrency, connection, outbox, copies, time, threads, spec.target());
        flow.control.redeclareWith(
            () ->
                declaring.declare(
                    flowSpec.topic(), spec.group(), flowSpec.keyOrder(), spec.from()));
        if (paused) {
          flow.control.pause();
        }
        made.add(flow);
      }
      flows = List.copyOf(made);
      phase = ConsumerState.RUNNING;
      reason = "running";
    }
    for (Flow flow : made) {
      standing.add(flow.control.open(connection.broker()).toCompletableFuture());
    }
    CompletableFuture.allOf(standing.toArray(CompletableFuture[]::new))
        .whenComplete(
            (nothing, error) -> {
              if (error == null) {
                mine.complete(null);
              } else {
                mine.completeExceptionally(Await.unwrap(error));
              }
            });
  }

  private void failed(CompletableFuture<Void> mine, MessagingException error) {
    synchronized (lock) {
      if (starting(mine)) {
        phase = ConsumerState.FAILED;
        reason = String.valueOf(error.getMessage());
      }
    }
    mine.completeExceptionally(error);
  }

  @Override
  public CompletionStage<Void> ready() {
    synchronized (lock) {
      return ready.copy();
    }
  }

  @Override
  public void pause() {
    synchronized (lock) {
      if (paused) {
        return;
      }
      paused = true;
      flows.forEach(flow -> flow.control.pause());
    }
  }

  @Override
  public void resume() {
    synchronized (lock) {
      if (!paused) {
        return;
      }
      paused = false;
      flows.forEach(flow -> flow.control.resume());
    }
  }

  @Override
  public void concurrency(int handlers) {
    if (handlers < 1) {
      throw new MessagingException(
          ErrorCode.CONFIG_INVALID, "concurrency was " + handlers + " but must be at least 1");
    }
    synchronized (lock) {
      concurrency = handlers;
      flows.forEach(flow -> flow.concurrency(handlers));
    }
  }

  @Override
  public DrainReport stop(Duration timeout) {
    requireNotNegative(timeout, "stop");
    CompletableFuture<DrainReport> done = beginStop(timeout);
    if (flowsNow().stream().anyMatch(flow -> flow.control.isHandler(Thread.currentThread()))) {
      return report();
    }
    boolean interrupted = false;
    while (true) {
      try {
        DrainReport report = done.get();
        if (interrupted) {
          Thread.currentThread().interrupt();
        }
        return report;
      } catch (InterruptedException e) {
        // Stopping is bounded by itself; whoever interrupts gets his flag back afterwards.
        interrupted = true;
      } catch (java.util.concurrent.ExecutionException e) {
        throw Await.unwrap(e);
      }
    }
  }

  /**
   * Refuses a timeout that is over before it begins.
   *
   * @param timeout how long something may take
   * @param what it is the timeout of
   */
  public static void requireNotNegative(Duration timeout, String what) {
    if (timeout.isNegative()) {
      throw new MessagingException(
          ErrorCode.CONFIG_INVALID,
          "the timeout of " + what + " was " + timeout + " but must not be negative");
    }
  }

  /** Begins to stop, or joins a stop that has begun; completes with the report. */
  public CompletableFuture<DrainReport> beginStop(Duration timeout) {
    List<Flow> open;
    CompletableFuture<DrainReport> done;
    synchronized (lock) {
      if (stopping != null) {
        return stopping;
      }
      if (phase == ConsumerState.NEW || phase == ConsumerState.STOPPED || flows.isEmpty()) {
        if (phase != ConsumerState.NEW) {
          phase = ConsumerState.STOPPED;
          reason = "stopped";
        }
        ready.completeExceptionally(
            new MessagingException(
                ErrorCode.CLOSED, "the consumer was stopped before it was ready"));
        return CompletableFuture.completedFuture(report());
      }
      phase = ConsumerState.STOPPING;
      reason = "draining";
      stopBegan = time.nanos();
      done = new CompletableFuture<>();
      stopping = done;
      open = flows;
    }
    CompletableFuture.allOf(
            open.stream()
                .map(flow -> flow.drain.stop(timeout).toCompletableFuture())
                .toArray(CompletableFuture[]::new))
        .whenComplete((nothing, error) -> stopped(done));
    return done;
  }

  private void stopped(CompletableFuture<DrainReport> done) {
    DrainReport report;
    synchronized (lock) {
      report = report();
      numbers.ended(flows);
      flows = List.of();
      stopping = null;
      phase = ConsumerState.STOPPED;
      reason = "stopped";
    }
    done.complete(report);
  }

  /** No start any more: the connection closes. */
  public void closing() {
    synchronized (lock) {
      closed = true;
    }
  }

  private DrainReport report() {
    Duration took = stopBegan == 0 ? Duration.ZERO : Duration.ofNanos(time.nanos() - stopBegan);
    return ConsumerNumbers.report(flowsNow(), took);
  }

  private List<Flow> flowsNow() {
    synchronized (lock) {
      return flows;
    }
  }

  @Override
  public ConsumerState state() {
    return condition().state();
  }

  private FlowHealth.Condition condition() {
    List<Flow> open;
    FlowHealth.Condition whole;
    synchronized (lock) {
      open = flows;
      whole = FlowHealth.Condition.of(phase, reason);
    }
    for (Flow flow : open) {
      whole = whole.orWorse(flow.health.condition());
    }
    synchronized (lock) {
      if (shown != whole.state()) {
        shown = whole.state();
        since = time.now();
      }
    }
    return whole;
  }

  /** For people. */
  public Health.Consumer health() {
    FlowHealth.Condition now = condition();
    synchronized (lock) {
      return new Health.Consumer(
          spec.topics(), spec.group(), now.state(), now.reason(), since, now.stack());
    }
  }

  /** What needs attention although everything works. */
  public List<String> warnings() {
    List<String> warnings = new ArrayList<>();
    for (Flow flow : flowsNow()) {
      String warning = flow.health.warning();
      if (warning != null) {
        warnings.add(warning);
      }
    }
    return warnings;
  }

  /** Whether it was ever started; only then does closing report it. */
  public boolean wasStarted() {
    synchronized (lock) {
      return phase != ConsumerState.NEW;
    }
  }

  /** Numbers per topic. */
  public List<Counters.Subscription> counters() {
    synchronized (lock) {
      return numbers.counters(flows);
    }
  }
}
