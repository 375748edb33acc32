package dev.missive.core.publish;

import static java.util.Objects.requireNonNull;

import dev.missive.Capability;
import dev.missive.Counters;
import dev.missive.ErrorCode;
import dev.missive.Header;
import dev.missive.Interceptor;
import dev.missive.Interceptor.PublishStep;
import dev.missive.Message;
import dev.missive.MessagingException;
import dev.missive.PublishException;
import dev.missive.Receipt;
import dev.missive.ReceivedMessage;
import dev.missive.core.connect.Await;
import dev.missive.core.connect.Nanos;
import dev.missive.core.connect.Serial;
import dev.missive.spi.Destination;
import dev.missive.spi.Time;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The life of a message on its way out, in one place: check, interceptors (outermost first, on
 * bytes), size check, window, outbox, receipt. Shared by all producers of a connection.
 * Thread-safe.
 */
public final class Publisher {
  private final Outbox outbox;

  /** Made once: it is needed twice for each message. */
  private final Consumer<Outgoing> sends;

  private final Window window;
  final MessageCheck check;
  private final PublishPipeline pipeline;
  private final Time time;
  private final Serial completions;
  private final BooleanSupplier onIoThread;
  private final Runnable unwatch;

  /** Written without care: whoever sees an old one makes a new one. */
  private Destination.Topic lastTopic = new Destination.Topic("");

  private final AtomicLong resuming = new AtomicLong();
  private final AtomicLong accepted = new AtomicLong();
  private final AtomicLong storedCount = new AtomicLong();
  private final AtomicLong failedCount = new AtomicLong();

  /**
   * Makes one.
   *
   * @param outbox sends
   * @param settings the limits
   * @param interceptors outermost first
   * @param time the clock
   * @param completions completes the stages of applications
   * @param onIoThread whether the caller is one of our own I/O threads, which must never wait
   */
  public Publisher(
      Outbox outbox,
      PublishSettings settings,
      List<Interceptor> interceptors,
      Time time,
      Serial completions,
      BooleanSupplier onIoThread) {
    this.outbox = outbox;
    this.sends = outbox::send;
    this.window = new Window(settings.window(), settings.windowBytes(), time);
    this.check = new MessageCheck(settings.maxBytes());
    this.pipeline = new PublishPipeline(interceptors);
    this.time = time;
    this.completions = completions;
    this.onIoThread = onIoThread;
    this.unwatch = time.watch(this::activity);
  }

  /** Publishes to a topic, through the interceptors. */
  CompletionStage<Receipt> publish(Message message, PublishOptions options) {
    requireNonNull(message, "message");
    long deadline = time.nanos() + Nanos.of(options.deadline());
    try {
      check.fields(message);
    } catch (MessagingException e) {
      return refuse(e);
    }
    return pipeline.isEmpty()
        ? accept(message, options, deadline)
        : pipeline.around(message, changed -> checked(changed, options, deadline));
  }

  /** Whether the caller is no thread that brings the answers. */
  boolean mayWait() {
    return !onIoThread.getAsBoolean();
  }

  /**
   * Refuses to wait on a thread that brings the answers.
   *
   * @param call what would wait
   */
  void requireMayWait(String call) {
    if (!mayWait()) {
      throw new PublishException(
          ErrorCode.BACKPRESSURE,
          PublishException.Outcome.NOT_STORED,
          call
              + " would wait on a thread that brings the broker's answers. Use publishAsync() there",
          null);
    }
  }

  /** Waits for a stage that completes where the result arrives. */
  Receipt await(CompletionStage<Receipt> stage) {
    // Counted from the moment the result is there until the caller goes on.
    CompletableFuture<Receipt> future =
        stage.toCompletableFuture().whenComplete((receipt, error) -> resuming.incrementAndGet());
    try {
      Receipt receipt = future.get();
      if (receipt == null) {
        throw new MessagingException(
            ErrorCode.CONFIG_INVALID,
            "an interceptor completed a publish without a receipt, so that nobody knows what became of it");
      }
      return receipt;
    } catch (ExecutionException e) {
      throw raised(Await.cause(e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new PublishException(
          ErrorCode.PUBLISH_TIMEOUT,
          PublishException.Outcome.UNKNOWN,
          "the thread was interrupted while it waited for the broker",
          e);
    } finally {
      resuming.decrementAndGet();
    }
  }

  /**
   * Sends to another destination, past the interceptors; for replies.
   *
   * @param to where it goes
   * @param message what goes
   * @param options how to publish
   * @return as that of a publish
   */
  public CompletionStage<Receipt> sendTo(Destination to, Message message, PublishOptions options) {
    long deadline = time.nanos() + Nanos.of(options.deadline());
    try {
      if (!message.headers().containsKey(Header.REMOTE_ERROR)) {
        check.fields(message);
      }
      int size = check.size(message);
      return transmit(
          new Publish(this, to, stamp(message, options), null, Set.of(), deadline, size, options));
    } catch (MessagingException e) {
      return refuse(e);
    }
  }

  /** What the interceptors make of a message, with another end of the way than the outbox. */
  CompletionStage<Receipt> intercept(Message message, PublishStep last) {
    return pipeline.around(message, last);
  }

  /**
   * How messages are checked and stamped for atomic batches, which do not go through the outbox.
   *
   * @param needs takes what the broker must be able to do
   */
  Message prepare(Message message, PublishOptions options, Set<Capability> needs) {
    check.fields(message);
    check.size(message);
    if (notBefore(message) != null) {
      throw new MessagingException(
          ErrorCode.CONFIG_INVALID,
          "a message of an atomic batch to "
              + message.topic()
              + " was to be delivered later. Batches are delivered at once; publish it by itself");
    }
    needs.addAll(needs(message, options, null));
    return stamp(message, options);
  }

  /** The connection is closed. */
  public void close() {
    unwatch.run();
  }

  /** {@return numbers since the start: accepted, stored, failed, in flight, bytes in flight} */
  public Counters.Publishing counters() {
    return new Counters.Publishing(
        accepted.get(),
        storedCount.get(),
        failedCount.get(),
        outbox.resent(),
        window.inFlight(),
        window.inFlightBytes());
  }

  private CompletionStage<Receipt> checked(Message message, PublishOptions options, long deadline) {
    try {
      check.fields(message);
    } catch (MessagingException e) {
      return refuse(e);
    }
    return accept(message, options, deadline);
  }

  private CompletionStage<Receipt> accept(Message message, PublishOptions options, long deadline) {
    Publish publish;
    try {
      int size = check.size(message);
      Instant notBefore = notBefore(message);
      publish =
          new Publish(
              this,
              destination(message.topic()),
              stamp(message, options),
              notBefore,
              needs(message, options, notBefore),
              deadline,
              size,
              options);
    } catch (MessagingException e) {
      return refuse(e);
    }
    return transmit(publish);
  }

  private CompletionStage<Receipt> transmit(Publish publish) {
    PublishOptions options = publish.options;
    InFlight.Generation counted = options.inFlight().begin();
    if (counted == null) {
      return refuse(
          new MessagingException(ErrorCode.CLOSED, "this producer was closed. Open a new one"));
    }
    if (!window.tryAcquire(publish.size)) {
      boolean mayWait = !options.failWhenFull() && mayWait();
      if (!mayWait || !window.acquire(publish.size, publish.deadlineNanos - time.nanos())) {
        counted.end();
        return refuse(
            new MessagingException(
                ErrorCode.BACKPRESSURE,
                "the publish window is full ("
                    + window.inFlight()
                    + " messages, "
                    + window.inFlightBytes()
                    + " bytes unacknowledged)"
                    + (!mayWait
                        ? ""
                        : Thread.currentThread().isInterrupted()
                            ? " and this thread was interrupted"
                            : " and stayed so until the deadline")
                    + ". Publish more slowly, or raise producer.window and producer.window-bytes"));
      }
    }
    publish.counted = counted;
    accepted.incrementAndGet();
    options.strictOrder().send(publish, sends);
    return publish.future;
  }

  private static RuntimeException raised(Throwable cause) {
    // A stage fails on another thread; the caller wants to see where he called.
    if (cause instanceof PublishException e) {
      return new PublishException(e.code(), e.outcome(), Failures.plain(e), e);
    }
    return cause instanceof RuntimeException e
        ? e
        : new MessagingException(ErrorCode.INTERNAL, "an interceptor failed", cause);
  }

  /** A clock moved by hand waits for callers whose result is there and who have not gone on yet. */
  private long activity() {
    return resuming.get() > 0 ? -1 : storedCount.get() + failedCount.get();
  }

  private static CompletionStage<Receipt> refuse(MessagingException why) {
    return CompletableFuture.failedFuture(Failures.refused(why));
  }

  private @Nullable Instant notBefore(Message message) {
    if (message.delay() == null && message.deliverAt() == null) {
      return null;
    }
    Instant now = time.now();
    Instant at = message.delay() == null ? message.deliverAt() : now.plus(message.delay());
    return at == null || !at.isAfter(now) ? null : wholeMillis(at);
  }

  /** Instants travel as milliseconds; rounded up, so that nothing is handled early. */
  private static Instant wholeMillis(Instant at) {
    Instant down = at.truncatedTo(ChronoUnit.MILLIS);
    return down.equals(at) ? at : down.plusMillis(1);
  }

  /** Mostly the same topic comes again. */
  private Destination.Topic destination(String topic) {
    Destination.Topic last = lastTopic;
    if (!last.topic().equals(topic)) {
      last = new Destination.Topic(topic);
      lastTopic = last;
    }
    return last;
  }

  private static Set<Capability> needs(
      Message message, PublishOptions options, @Nullable Instant notBefore) {
    if (notBefore == null
        && message.priority() == null
        && message.timeToLive() == null
        && options.timeToLive() == null) {
      return Set.of();
    }
    EnumSet<Capability> needs = EnumSet.noneOf(Capability.class);
    if (notBefore != null) {
      needs.add(Capability.DELAY);
    }
    if (message.priority() != null) {
      needs.add(Capability.PRIORITY);
    }
    if (message.timeToLive() != null || options.timeToLive() != null) {
      needs.add(Capability.TTL);
    }
    return needs;
  }

  private Message stamp(Message message, PublishOptions options) {
    long now = time.now().toEpochMilli();
    String correlationId = message.correlationId();
    if (correlationId == null) {
      ReceivedMessage handled = CurrentMessage.get();
      correlationId = handled == null ? null : handled.correlationId();
    }
    return WireMessage.published(message, now, correlationId, headers(message, options, now));
  }

  private static Map<String, String> headers(Message message, PublishOptions options, long now) {
    var timeToLive = message.timeToLive() == null ? options.timeToLive() : message.timeToLive();
    if (timeToLive == null && message.replyTo() == null && message.maxAttempts() == null) {
      return message.headers();
    }
    Map<String, String> headers = new LinkedHashMap<>(message.headers());
    if (timeToLive != null) {
      Instant own = message.timestamp();
      long from = own == null ? now : own.toEpochMilli();
      headers.put(Header.EXPIRES_AT, Long.toString(from + timeToLive.toMillis()));
    }
    if (message.replyTo() != null) {
      headers.put(Header.REPLY_TO, message.replyTo());
    }
    if (message.maxAttempts() != null) {
      headers.put(Header.MAX_ATTEMPTS, message.maxAttempts().toString());
    }
    return headers;
  }

  void stored(Publish publish) {
    storedCount.incrementAndGet();
    ended(publish);
  }

  void failed(Publish publish) {
    failedCount.incrementAndGet();
    ended(publish);
  }

  private void ended(Publish publish) {
    PublishOptions options = publish.options;
    try {
      options.completeOn(completions).execute(publish);
    } catch (RuntimeException e) {
      // The application's executor takes nothing more; its stages complete all the same.
      completions.execute(publish);
    }
    options.strictOrder().ended(publish, sends);
    InFlight.Generation counted = publish.counted;
    if (counted != null) {
      counted.end();
    }
  }

  void released(Publish publish) {
    window.release(publish.size);
  }
}
