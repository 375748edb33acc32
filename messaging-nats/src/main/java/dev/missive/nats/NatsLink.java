package dev.missive.nats;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.missive.PublishException;
import dev.missive.PublishException.Outcome;
import dev.missive.nats.NatsInFlight.Kind;
import dev.missive.nats.NatsInFlight.Send;
import dev.missive.spi.Sender;
import io.nats.client.Connection;
import io.nats.client.Dispatcher;
import io.nats.client.Message;
import io.nats.client.impl.Headers;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What one connection lasts: jnats never reconnects it, so nothing of it can be sent twice or late.
 * Thread-safe.
 *
 * <p>Publishes carry the number of their message in the address of the answer, instead of jnats'
 * request futures, which fail after a time although the message may be stored.
 */
final class NatsLink {
  private static final Pattern VIOLATION =
      Pattern.compile("(?i)permissions violation for publish to \"([^\"]+)\"");
  private static final Duration FLUSH = Duration.ofSeconds(2);
  private static final Duration LOOK_UP = Duration.ofSeconds(2);
  private static final String FORGETS_PULLS_SINCE = "2.10.0";
  private static final Logger LOG = System.getLogger("dev.missive.nats");
  private static final String QUESTIONS = "$JS.API.";
  private static final String SETTLEMENTS = "$JS.ACK.";
  private static final byte[] NOTHING = {};

  /** What the server said, and when. */
  private record Violation(String text, long atNanos) {}

  /** Set by jnats' listener on the thread whose message jnats threw away. */
  static final ThreadLocal<Boolean> DISCARDED = new ThreadLocal<>();

  final Connection client;
  private final Executor results;
  private final String inbox;
  private final ReentrantLock lock = new ReentrantLock();
  private final NatsInFlight sends = new NatsInFlight();
  private final ReentrantLock draining = new ReentrantLock();
  private volatile boolean alive = true;
  private volatile @Nullable Violation violation;

  /** Whether it was said that acknowledgements are forbidden. */
  private volatile boolean warned;

  /**
   * Makes one.
   *
   * @param client a connection that stands
   * @param results runs results of sends that failed at once
   */
  NatsLink(Connection client, Executor results) {
    this.client = client;
    this.results = results;
    this.inbox = client.createInbox() + ".";
  }

  /** Begins to listen for acknowledgements. */
  void open() {
    dispatcher(this::answered).subscribe(inbox + "*");
  }

  /** A thread of its own for what comes; without the limits at which jnats drops messages. */
  Dispatcher dispatcher(io.nats.client.MessageHandler handler) {
    Dispatcher made = client.createDispatcher(handler);
    made.setPendingLimits(-1, -1);
    return made;
  }

  boolean alive() {
    return alive;
  }

  /** Closes its client; blocks. */
  void shut() {
    shut(client);
  }

  static void shut(Connection client) {
    try {
      client.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Which question to JetStream the server has forbidden; null if none.
   *
   * @param since on {@link System#nanoTime()}: what came before has nothing to do with it
   */
  @Nullable String violation(long since) {
    Violation last = violation;
    return last != null && last.atNanos - since >= 0 ? last.text : null;
  }

  // ---- sending

  /** Sends a message whose answer is its result. */
  void send(
      String subject,
      Kind kind,
      @Nullable Headers headers,
      byte[] data,
      long now,
      Sender.Result result) {
    PublishException failure = null;
    lock.lock();
    try {
      if (!alive) {
        failure = NatsErrors.lost(Outcome.NOT_STORED);
      } else {
        long number = sends.add(new Send(subject, kind, now, result));
        try {
          if (kind != Kind.ECHO) {
            publish(subject, inbox + number, headers, data);
          }
          if (kind == Kind.REPLY || kind == Kind.ECHO) {
            // Nobody stores it: if nobody listens either, the server says so before this comes
            // back.
            publish(inbox + number, null, null, NOTHING);
          }
        } catch (IllegalStateException | IllegalArgumentException e) {
          failure = sends.remove(number) == null ? null : NatsErrors.unsendable(e);
        }
      }
    } finally {
      lock.unlock();
    }
    if (failure != null) {
      PublishException failed = failure;
      results.execute(() -> result.failed(failed));
    }
  }

  /**
   * Hands something to jnats. A thread that is interrupted would make jnats throw it away without a
   * word, so the flag is hidden meanwhile.
   *
   * @throws IllegalStateException if jnats is closed
   */
  void publish(String subject, @Nullable String replyTo, @Nullable Headers headers, byte[] data) {
    boolean interrupted = false;
    try {
      do {
        interrupted |= Thread.interrupted();
        DISCARDED.remove();
        client.publish(subject, replyTo, headers, data);
      } while (DISCARDED.get() != null && alive);
    } finally {
      DISCARDED.remove();
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Waits until the server has seen what was sent before; blocks, and gives up after a while. */
  boolean flush() {
    CompletableFuture<Boolean> back = new CompletableFuture<>();
    send(
        inbox + "flush",
        Kind.ECHO,
        null,
        NOTHING,
        System.nanoTime(),
        new Sender.Result() {
          @Override
          public void stored(int partition, long offset) {
            back.complete(true);
          }

          @Override
          public void failed(PublishException failure) {
            back.complete(false);
          }
        });
    try {
      return back.get(FLUSH.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (TimeoutException | ExecutionException e) {
      // It hangs: the server gives the messages to others by itself.
    }
    return false;
  }

  /**
   * Unsubscribes and waits for what is still on its way. One at a time: jnats does it by a ping,
   * and takes three pings that are out for a dead server (observed).
   *
   * @return when the last message was handed over
   */
  CompletionStage<Boolean> drain(Dispatcher dispatcher) {
    boolean mine = false;
    try {
      mine = draining.tryLock(FLUSH.toMillis(), TimeUnit.MILLISECONDS);
      if (mine) {
        return dispatcher.drain(FLUSH);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      // The client is being closed, on which jnats trips over its own nulls (observed).
    } finally {
      if (mine) {
        draining.unlock();
      }
    }
    close(dispatcher);
    return CompletableFuture.completedFuture(false);
  }

  /** Unsubscribes at once: what is on its way is given out again later. */
  void close(Dispatcher dispatcher) {
    try {
      client.closeDispatcher(dispatcher);
    } catch (IllegalStateException | IllegalArgumentException e) {
      // Closed already, with its connection.
    }
  }

  /**
   * Whether the server trips over pull requests whose inbox is gone: the next message that is given
   * back is taken off its queue for such a request and comes late, and the last one comes twice
   * (observed on 2.9.10, not on 2.15.1).
   */
  boolean remembersPulls() {
    return client.getServerInfo().isOlderThanVersion(FORGETS_PULLS_SINCE);
  }

  /** Settles; false if the connection is gone. */
  boolean tell(String subject, byte[] data) {
    try {
      if (alive) {
        publish(subject, null, null, data);
        return true;
      }
    } catch (IllegalStateException e) {
      // Closed between the look and the call.
    }
    return false;
  }

  // ---- answers

  private void answered(Message answer) {
    long number;
    try {
      number =
          Long.parseLong(answer.getSubject(), inbox.length(), answer.getSubject().length(), 10);
    } catch (NumberFormatException e) {
      return;
    }
    Send send;
    lock.lock();
    try {
      send = sends.remove(number);
    } finally {
      lock.unlock();
    }
    if (send == null) {
      return;
    }
    if (answer.isStatusMessage()) {
      noResponder(send);
    } else if (send.kind == Kind.REPLY || send.kind == Kind.ECHO) {
      send.result.stored(-1, -1);
    } else {
      stored(send, answer.getData());
    }
  }

  private static void stored(Send send, byte[] json) {
    long sequence = NatsAnswers.sequence(json);
    if (sequence < 0) {
      send.result.failed(
          NatsErrors.refused(
              send.subject, NatsAnswers.errorCode(json), NatsAnswers.description(json)));
    } else if (send.kind == Kind.TOPIC) {
      send.result.stored(0, sequence);
    } else {
      send.result.stored(-1, -1);
    }
  }

  /** Nobody took it: there is no such stream, or it has no leader for a moment. */
  private void noResponder(Send send) {
    if (send.kind == Kind.REPLY || send.kind == Kind.ECHO) {
      send.result.failed(NatsErrors.nobodyWaits(send.subject));
      return;
    }
    stored(send.subject)
        .thenAccept(
            there ->
                send.result.failed(
                    there
                        ? NatsErrors.noLeader(send.subject)
                        : NatsErrors.topicMissing(send.subject)));
  }

  /** Whether some stream stores a subject; true if nobody can say. */
  CompletionStage<Boolean> stored(String subject) {
    byte[] question = ("{\"subject\":\"" + subject + "\"}").getBytes(UTF_8);
    try {
      return client
          .requestWithTimeout("$JS.API.STREAM.NAMES", question, LOOK_UP)
          .handle(
              (answer, error) ->
                  answer == null
                      || answer.isStatusMessage()
                      || !new String(answer.getData(), UTF_8).contains("\"total\":0"));
    } catch (IllegalStateException e) {
      return CompletableFuture.completedFuture(true);
    }
  }

  /** The server forbids something: whatever was sent there got no answer and gets none. */
  void forbidden(String error) {
    Matcher to = VIOLATION.matcher(error);
    if (!to.find()) {
      return;
    }
    if (to.group(1).startsWith(QUESTIONS)) {
      violation = new Violation(error, System.nanoTime());
    } else if (to.group(1).startsWith(SETTLEMENTS) && !warned) {
      warned = true;
      LOG.log(
          Level.WARNING,
          "NATS does not permit this user to acknowledge: every message comes again after nats.ack-wait. Permit it to publish to $JS.ACK.>");
    }
    List<Send> refused;
    lock.lock();
    try {
      refused = sends.removeTo(to.group(1));
    } finally {
      lock.unlock();
    }
    refused.forEach(send -> send.result.failed(NatsErrors.forbidden(send.subject)));
  }

  /** Ends what has waited too long for an answer, though the link stands. */
  void expire(long sentBefore) {
    List<Send> late;
    lock.lock();
    try {
      late = sends.removeSentBefore(sentBefore);
    } finally {
      lock.unlock();
    }
    late.forEach(send -> send.result.failed(NatsErrors.noAnswer(send.subject)));
  }

  /** The connection is gone: fails what it holds, in the order it was sent, and takes no more. */
  void end() {
    List<Send> left;
    lock.lock();
    try {
      alive = false;
      left = sends.removeAll();
    } finally {
      lock.unlock();
    }
    left.forEach(send -> send.result.failed(NatsErrors.lost(Outcome.UNKNOWN)));
  }
}
