package dev.missive.core.connect;

import dev.missive.Capability;
import dev.missive.ConnectionState;
import dev.missive.ErrorCode;
import dev.missive.Health;
import dev.missive.MessagingException;
import dev.missive.spi.Broker;
import dev.missive.spi.Broker.Traits;
import dev.missive.spi.BrokerContext.Link;
import dev.missive.spi.Time;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Makes the first connection, repeats it until it stands (semantics S24), and knows its state.
 * Later losses are mended by the adapter, which reports them through {@link #onLink}. Thread-safe.
 */
public final class Connection {
  /**
   * Told about every change of state, in order, on the thread that caused it; must return at once.
   */
  @FunctionalInterface
  public interface Listener {
    /**
     * The state has changed.
     *
     * @param state the new state
     * @param error why, null if all is well
     */
    void changed(ConnectionState state, @Nullable MessagingException error);
  }

  private final String brokerName;
  private final Broker broker;
  private final Time time;
  private final ConnectSettings settings;
  private final Serial runtime;
  private final Serial completions;
  private final Status status;
  private final Object lock = new Object();

  private CompletableFuture<Void> firstAttempt = new CompletableFuture<>();
  private final Standing standing = new Standing();
  private boolean connecting;

  /** Whether the adapter is connecting and has not answered. */
  private boolean asked;

  private int failures;
  private @Nullable Traits traits;

  /**
   * Makes one that has not connected.
   *
   * @param brokerName the adapter's name
   * @param broker the adapter
   * @param time the clock
   * @param settings how to connect
   * @param runtime runs what follows from a change
   * @param completions completes stages of applications
   */
  public Connection(
      String brokerName,
      Broker broker,
      Time time,
      ConnectSettings settings,
      Serial runtime,
      Serial completions) {
    this.brokerName = brokerName;
    this.broker = broker;
    this.time = time;
    this.settings = settings;
    this.runtime = runtime;
    this.completions = completions;
    this.status = new Status(time);
  }

  /** {@return the adapter} */
  public Broker broker() {
    return broker;
  }

  /**
   * Runs a task of the runtime, in line with changes of the connection, on no foreign thread.
   *
   * @param task must not wait
   */
  public void later(Runnable task) {
    runtime.execute(task);
  }

  /**
   * Completes something of the application's, on no foreign thread.
   *
   * @param task runs code of the application
   */
  public void complete(Runnable task) {
    completions.execute(task);
  }

  /** {@return whether a broker that is away is an error for whoever starts, instead of a wait} */
  public boolean failsFast() {
    return settings.attempts() == 1;
  }

  /** {@return how it connects, and how long callers wait} */
  public ConnectSettings settings() {
    return settings;
  }

  /**
   * Adds a listener.
   *
   * @param listener told until the connection is closed
   */
  public void listen(Listener listener) {
    status.listen(listener);
  }

  /**
   * Begins to connect unless that has been done.
   *
   * @return completes when the connection stands, be it for the first time or again; exceptional if
   *     that was given up, or the credentials are refused
   */
  public CompletionStage<Traits> connect() {
    CompletableFuture<Traits> result;
    synchronized (lock) {
      result = standing.stage();
      if (connecting || traits != null || status.closed()) {
        return result;
      }
      connecting = true;
      if (result.isDone()) {
        // An earlier start gave up; this one begins anew.
        firstAttempt = new CompletableFuture<>();
        result = standing.anew();
      }
      failures = 0;
    }
    status.change(ConnectionState.CONNECTING, "connecting", null);
    runtime.execute(this::attempt);
    return result;
  }

  /**
   * Connects and waits for the first attempt, at most {@code connect.timeout}.
   *
   * @return the stage of {@link #connect()}, complete if the connection stands
   * @throws MessagingException if the broker refused for good, or was not reached and no more
   *     attempts are allowed
   */
  public CompletionStage<Traits> connectAndWait() {
    CompletionStage<Traits> stands = connect();
    CompletableFuture<Void> first;
    synchronized (lock) {
      first = firstAttempt;
    }
    boolean answered = Await.completed(first, settings.timeout(), time);
    if (!answered && failsFast()) {
      giveUp(unreachable("no answer within " + settings.timeout().toMillis() + " ms", null));
    }
    CompletableFuture<Traits> result = stands.toCompletableFuture();
    if (!result.isDone() && failsFast()) {
      throw unreachable("the connection was lost and is not back yet", null);
    }
    if (result.isCompletedExceptionally()) {
      Await.result(result, settings.connecting(), time, "connecting");
    }
    return stands;
  }

  /**
   * Connects and waits until the connection stands.
   *
   * @return what the broker is
   * @throws MessagingException if it does not stand within {@code connect.timeout}
   */
  public Traits require() {
    return require(settings.timeout());
  }

  /**
   * Connects and waits until the connection stands.
   *
   * @param atMost how long to wait, unless {@code connect.timeout} is shorter
   * @return what the broker is
   * @throws MessagingException if it does not stand by then
   */
  public Traits require(Duration atMost) {
    Limit limit = settings.connecting();
    if (atMost.compareTo(limit.atMost()) < 0) {
      limit = new Limit(limit.setting(), atMost);
    }
    return Await.result(connectAndWait(), limit, time, "connecting to " + brokerName);
  }

  /** {@return what the broker is; null before the first connection} */
  public @Nullable Traits traits() {
    synchronized (lock) {
      return traits;
    }
  }

  /** {@return the adapter's name} */
  public String brokerName() {
    return brokerName;
  }

  /** {@return the state} */
  public ConnectionState state() {
    return status.state();
  }

  /** {@return the state with its reason, for people} */
  public Health.Connection health() {
    Traits known = traits();
    return status.health(brokerName, known == null ? null : known.version());
  }

  /**
   * Refuses what the broker cannot do.
   *
   * @param traits what it is
   * @param capability what is needed
   * @param where who needs it, for the message
   * @throws MessagingException CAPABILITY_MISSING
   */
  public void check(Traits traits, Capability capability, String where) {
    if (traits.support(capability) == Capability.Support.NONE) {
      throw Lacking.failure(broker, brokerName + " " + traits.version(), capability, where);
    }
  }

  /**
   * The adapter reports a change.
   *
   * @param link the new state
   * @param text why
   * @param cause null if none
   */
  public void onLink(Link link, String text, @Nullable Throwable cause) {
    // In line with the result of connect(), whichever thread reports first.
    runtime.execute(() -> linkChanged(link, text, cause));
  }

  private void linkChanged(Link link, String text, @Nullable Throwable cause) {
    ConnectionState next = ConnectionState.valueOf(link.name());
    synchronized (lock) {
      // Until the first connection stands the runtime knows better; after close nothing counts.
      if (status.closed() || traits == null) {
        return;
      }
    }
    MessagingException error =
        switch (link) {
          case AUTH_FAILED ->
              new MessagingException(
                  ErrorCode.AUTH, brokerName + " refuses the credentials: " + text, cause);
          case RECONNECTING, CLOSED -> unreachable(text, cause);
          default -> null;
        };
    Runnable tell;
    synchronized (lock) {
      tell =
          switch (link) {
            case CONNECTED, BLOCKED -> standing.stands(traits);
            case AUTH_FAILED, CLOSED -> standing.failed(error);
            default -> standing.lost();
          };
    }
    status.change(next, text, error);
    tell.run();
  }

  /** Closed for good. */
  public void closed() {
    MessagingException closed =
        new MessagingException(ErrorCode.CLOSED, "this connection was closed. Open a new one");
    Runnable ended;
    synchronized (lock) {
      firstAttempt.completeExceptionally(closed);
      ended = standing.failed(closed);
    }
    status.change(ConnectionState.CLOSED, "closed", closed);
    ended.run();
  }

  private void attempt() {
    synchronized (lock) {
      // One that was given up may still have no answer: then that counts.
      if (status.closed() || asked) {
        return;
      }
      asked = true;
    }
    CompletionStage<Traits> answer;
    try {
      answer = broker.connect();
    } catch (RuntimeException e) {
      answer = CompletableFuture.failedFuture(e);
    }
    answer.whenComplete((found, error) -> runtime.execute(() -> attempted(found, error)));
  }

  private void attempted(@Nullable Traits found, @Nullable Throwable error) {
    synchronized (lock) {
      asked = false;
    }
    if (error == null && found != null) {
      stands(found);
      return;
    }
    MessagingException failure =
        Await.unwrap(
            error == null ? new IllegalStateException("connect() returned nothing") : error);
    if (!failure.retryable()) {
      giveUp(failure);
      return;
    }
    int tried;
    CompletableFuture<Void> first;
    synchronized (lock) {
      if (!connecting) {
        return;
      }
      tried = ++failures;
      first = firstAttempt;
    }
    if (settings.attempts() > 0 && tried >= settings.attempts()) {
      giveUp(
          unreachable("gave up after " + tried + (tried == 1 ? " attempt" : " attempts"), failure));
      return;
    }
    status.change(
        ConnectionState.CONNECTING, "attempt " + tried + " failed: " + failure.getMessage(), null);
    first.complete(null);
    time.schedule(settings.backoff().after(tried), () -> runtime.execute(this::attempt));
  }

  private void stands(Traits found) {
    CompletableFuture<Void> first;
    Runnable tell;
    synchronized (lock) {
      if (status.closed()) {
        return;
      }
      traits = found;
      connecting = false;
      first = firstAttempt;
      // Also when the answer comes after it was given up.
      tell = standing.stands(found);
    }
    status.change(
        ConnectionState.CONNECTED, "connected to " + brokerName + " " + found.version(), null);
    tell.run();
    first.complete(null);
  }

  private void giveUp(MessagingException failure) {
    CompletableFuture<Void> first;
    CompletableFuture<Traits> done;
    synchronized (lock) {
      if (!connecting) {
        return;
      }
      connecting = false;
      first = firstAttempt;
      done = standing.stage();
    }
    boolean refused = failure.code() == ErrorCode.AUTH;
    status.change(
        refused ? ConnectionState.AUTH_FAILED : ConnectionState.NEW,
        String.valueOf(failure.getMessage()),
        failure);
    done.completeExceptionally(failure);
    first.complete(null);
  }

  private MessagingException unreachable(String text, @Nullable Throwable cause) {
    return new MessagingException(
        ErrorCode.BROKER_UNREACHABLE,
        brokerName
            + " cannot be reached: "
            + text
            + ". Is it up, and are its address and port right?",
        cause);
  }
}
