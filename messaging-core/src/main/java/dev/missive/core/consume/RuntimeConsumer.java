package dev.missive.core.consume;

import dev.missive.Consumer;
import dev.missive.ConsumerState;
import dev.missive.DrainReport;
import dev.missive.ErrorCode;
import dev.missive.Health;
import dev.missive.MessagingException;
import dev.missive.core.connect.Await;
import dev.missive.spi.Time;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** A consumer: one {@link Flow} per topic, made anew by each start. Thread-safe. */
public final class RuntimeConsumer implements Consumer {
  private final ConsumerSpec spec;
  private final ConsumerWiring wiring;
  private final Time time;
  private final ConsumerNumbers numbers;
  private final Object lock = new Object();

  private List<Flow> flows = List.of();

  private CompletableFuture<Void> ready = new CompletableFuture<>();
  private ConsumerState phase = ConsumerState.NEW;
  private String reason = "not started";
  private Instant entered;
  private boolean paused;
  private boolean closed;
  private int concurrency;
  private long stopBegan;

  /** Of its last stop; null while there is something to count. */
  private @Nullable DrainReport last;

  private @Nullable CompletableFuture<DrainReport> stopping;
  private ConsumerState shown = ConsumerState.NEW;
  private Instant since;

  RuntimeConsumer(ConsumerSpec spec, ConsumerWiring wiring) {
    this.spec = spec;
    this.wiring = wiring;
    this.time = wiring.time();
    this.concurrency = spec.concurrency();
    this.entered = time.now();
    this.since = entered;
    this.numbers = new ConsumerNumbers(spec);
  }

  @Override
  public void start() {
    if (flowsNow().stream().anyMatch(RuntimeConsumer::failed)) {
      close();
    }
    CompletableFuture<Void> mine = beginStart();
    if (mine == null) {
      return;
    }
    Start start =
        new Start(
            spec,
            wiring.connection(),
            wiring.declaring(),
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
      mine.completeExceptionally(e);
      throw e;
    }
  }

  /** What tells that it is ready; null if it has been started already. */
  private @Nullable CompletableFuture<Void> beginStart() {
    synchronized (lock) {
      if (closed) {
        throw new MessagingException(
            ErrorCode.CLOSED, "the connection of this consumer was closed. Open a new one");
      }
      if (phase == ConsumerState.STARTING || phase == ConsumerState.RUNNING) {
        return null;
      }
      if (phase == ConsumerState.STOPPING) {
        throw new MessagingException(
            ErrorCode.CONFIG_INVALID,
            "this consumer is stopping. Start it again when stop() has returned");
      }
      enter(ConsumerState.STARTING, "waiting for the broker");
      stopBegan = 0;
      last = null;
      wiring.consumers().keep(this);
      ready = new CompletableFuture<>();
      return ready;
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
        Flow flow = new Flow(flowSpec, concurrency, wiring, spec.target());
        flow.control.redeclareWith(
            () ->
                wiring
                    .declaring()
                    .declare(flowSpec.topic(), spec.group(), flowSpec.keyOrder(), spec.from()));
        if (paused) {
          flow.control.pause();
        }
        made.add(flow);
      }
      flows = List.copyOf(made);
      enter(ConsumerState.RUNNING, "running");
    }
    for (Flow flow : made) {
      standing.add(flow.control.open(wiring.connection().broker()).toCompletableFuture());
    }
    CompletableFuture.allOf(standing.toArray(CompletableFuture[]::new))
        .whenComplete(
            (nothing, error) -> complete(mine, error == null ? null : Await.unwrap(error)));
  }

  private void failed(CompletableFuture<Void> mine, MessagingException error) {
    synchronized (lock) {
      if (starting(mine)) {
        enter(ConsumerState.FAILED, String.valueOf(error.getMessage()));
      }
    }
    complete(mine, error);
  }

  /** Not here: code of the application may follow, and this may be a thread of the runtime. */
  private void complete(CompletableFuture<Void> mine, @Nullable MessagingException error) {
    wiring
        .connection()
        .complete(
            () -> {
              if (error == null) {
                mine.complete(null);
              } else {
                mine.completeExceptionally(error);
              }
            });
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
    Await.requireNotNegative(timeout, "stop");
    boolean waits = !wiring.runtimeThread().getAsBoolean() && !isRunByCaller();
    CompletableFuture<DrainReport> done = beginStop(timeout);
    if (!waits) {
      return done.getNow(soFar());
    }
    try {
      // Sits out an interrupt: stopping is bounded by itself.
      return done.join();
    } catch (CompletionException e) {
      throw Await.unwrap(e);
    }
  }

  /** {@return whether the caller is one of its handlers, for which stopping waits} */
  public boolean isRunByCaller() {
    Thread caller = Thread.currentThread();
    return flowsNow().stream().anyMatch(flow -> flow.control.isHandler(caller));
  }

  /**
   * Begins to stop, or joins a stop that has begun, which then ends no later than both allow;
   * completes with the report.
   *
   * @param timeout how long running handlers may take
   * @return completes on a thread of the runtime
   */
  public CompletableFuture<DrainReport> beginStop(Duration timeout) {
    List<Flow> open;
    CompletableFuture<DrainReport> done;
    boolean first;
    synchronized (lock) {
      CompletableFuture<DrainReport> before = stopping;
      first = before == null;
      if (first
          && (phase == ConsumerState.NEW || phase == ConsumerState.STOPPED || flows.isEmpty())) {
        if (phase != ConsumerState.NEW) {
          wiring.consumers().release(this);
          enter(ConsumerState.STOPPED, "stopped");
        }
        complete(ready, neverReady());
        return CompletableFuture.completedFuture(soFar());
      }
      if (first) {
        enter(ConsumerState.STOPPING, "draining");
        stopBegan = time.nanos();
      }
      done = before == null ? new CompletableFuture<>() : before;
      stopping = done;
      open = flows;
    }
    CompletableFuture<Void> drained =
        CompletableFuture.allOf(
            open.stream()
                .map(flow -> flow.drain.stop(timeout).toCompletableFuture())
                .toArray(CompletableFuture[]::new));
    if (first) {
      drained.whenComplete((nothing, error) -> stopped(done));
    }
    return done;
  }

  private void stopped(CompletableFuture<DrainReport> done) {
    DrainReport report;
    synchronized (lock) {
      report = soFar();
      last = report;
      numbers.ended(flows);
      flows = List.of();
      stopping = null;
      wiring.consumers().release(this);
      enter(ConsumerState.STOPPED, "stopped");
    }
    done.complete(report);
  }

  /** No start any more: the connection closes. */
  public void closing() {
    synchronized (lock) {
      closed = true;
      if (phase == ConsumerState.NEW) {
        complete(ready, neverReady());
      }
    }
  }

  static MessagingException neverReady() {
    return new MessagingException(ErrorCode.CLOSED, "the consumer was stopped before it was ready");
  }

  /** {@return what became of the deliveries since its start, until now} */
  public DrainReport soFar() {
    synchronized (lock) {
      if (last != null) {
        return last;
      }
      Duration took = stopBegan == 0 ? Duration.ZERO : Duration.ofNanos(time.nanos() - stopBegan);
      return ConsumerNumbers.report(flows, took);
    }
  }

  /** The lock is held. */
  private void enter(ConsumerState next, String why) {
    phase = next;
    reason = why;
    entered = time.now();
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
      whole = FlowHealth.Condition.of(phase, reason, entered);
    }
    for (Flow flow : open) {
      whole = whole.orWorse(flow.health.condition());
    }
    synchronized (lock) {
      Instant began = whole.since();
      if (began != null && !began.isBefore(since)) {
        since = began;
      } else if (shown != whole.state()) {
        // What it was before ended when nobody looked.
        since = time.now();
      }
      shown = whole.state();
    }
    return whole;
  }

  /** {@return how it is, for people} */
  public Health.Consumer health() {
    FlowHealth.Condition now = condition();
    synchronized (lock) {
      return new Health.Consumer(
          spec.topics(), spec.group(), now.state(), now.reason(), since, now.stack());
    }
  }

  /** {@return what needs attention although everything works} */
  public List<String> warnings() {
    List<String> warnings = new ArrayList<>();
    for (Flow flow : flowsNow()) {
      warnings.addAll(flow.health.warnings());
    }
    return warnings;
  }

  /** Adds what it has counted, per topic and group. */
  void addTo(Map<SubscriptionNumbers.Name, SubscriptionNumbers> sums) {
    synchronized (lock) {
      numbers.addTo(sums, flows);
    }
  }

  ConsumerNumbers numbers() {
    return numbers;
  }
}
