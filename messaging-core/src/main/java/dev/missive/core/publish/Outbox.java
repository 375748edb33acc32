package dev.missive.core.publish;

import dev.missive.ConnectionState;
import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.PublishException;
import dev.missive.core.connect.Connection;
import dev.missive.core.connect.Serial;
import dev.missive.spi.Sender;
import dev.missive.spi.Time;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Everything on its way to the broker, in order: sends it while the link stands, holds it while it
 * does not, sends it again in order when it is back, and ends it at its deadline (semantics S6).
 * Thread-safe.
 *
 * <p>Two locks: {@code sending} gives messages their order and is held while the adapter enqueues
 * one; {@code list} guards the list and is never held while foreign code runs, so that results are
 * taken at any time.
 */
public final class Outbox {
  private final Connection connection;
  private final Time time;
  private final Serial runtime;
  private final Senders senders;
  private final ReentrantLock sending = new ReentrantLock();
  private final ReentrantLock list = new ReentrantLock();

  private final Pending pending = new Pending();
  private final Deadlines deadlines;
  private @Nullable Sender sender;
  private boolean open;
  private boolean closed;
  private ConnectionState link = ConnectionState.NEW;
  private @Nullable MessagingException refusal;
  private long resent;

  /**
   * Makes an empty one.
   *
   * @param connection where to send
   * @param time the clock
   * @param runtime runs resends
   * @param senderDeadline how long the client may try by itself
   */
  public Outbox(Connection connection, Time time, Serial runtime, Duration senderDeadline) {
    this.connection = connection;
    this.time = time;
    this.runtime = runtime;
    this.senders = new Senders(connection, senderDeadline);
    this.deadlines = new Deadlines(time, () -> runtime.execute(this::expire));
    connection.listen(this::linkChanged);
  }

  /**
   * Takes a message: sends it now, or as soon as the link stands.
   *
   * @param outgoing what is sent; told once how it ended
   */
  public void send(Outgoing outgoing) {
    outgoing.outbox = this;
    PublishException refused;
    boolean connect;
    sending.lock();
    try {
      list.lock();
      try {
        refused = admit(outgoing);
        connect = link == ConnectionState.NEW && !closed;
      } finally {
        list.unlock();
      }
      if (refused == null && open) {
        transmit(outgoing);
      }
    } finally {
      sending.unlock();
    }
    if (refused != null) {
      end(outgoing, refused);
    }
    if (connect) {
      connection.connect();
    }
  }

  /** {@return how many sends were repeated} */
  public long resent() {
    list.lock();
    try {
      return resent;
    } finally {
      list.unlock();
    }
  }

  /**
   * Ends what is not wanted any more and not at the adapter; that ends when the adapter fails it.
   */
  public void giveUpUnwanted() {
    List<Outgoing> unwanted;
    list.lock();
    try {
      unwanted = pending.removeAll(o -> !o.atAdapter && !o.wanted());
    } finally {
      list.unlock();
    }
    for (Outgoing outgoing : unwanted) {
      end(outgoing, outgoing.failure(ErrorCode.CLOSED, "what it was to replace was taken back"));
    }
  }

  /** Takes nothing more and fails what is left with CLOSED. */
  public void close() {
    List<Outgoing> left;
    list.lock();
    try {
      closed = true;
      open = false;
      left = pending.removeAll(o -> true);
    } finally {
      list.unlock();
    }
    for (Outgoing outgoing : left) {
      end(
          outgoing,
          outgoing.failure(
              ErrorCode.CLOSED, "the connection was closed before the broker answered"));
    }
  }

  private @Nullable PublishException admit(Outgoing outgoing) {
    if (closed) {
      return outgoing.failure(ErrorCode.CLOSED, "this connection was closed. Open a new one");
    }
    MessagingException why = refusal;
    if (why != null && !outgoing.forEver()) {
      return new PublishException(
          why.code(), PublishException.Outcome.NOT_STORED, Failures.plain(why), why);
    }
    pending.add(outgoing);
    deadlines.arm(outgoing.deadlineNanos);
    return null;
  }

  /** Hands one message to the adapter; {@code sending} is held. */
  private void transmit(Outgoing outgoing) {
    Sender to;
    PublishException unable;
    list.lock();
    try {
      to = sender;
      if (outgoing.state != Outgoing.State.QUEUED || to == null || !open) {
        return;
      }
      unable = outgoing.unable(connection);
      if (unable == null) {
        outgoing.state = Outgoing.State.SENT;
        outgoing.atAdapter = true;
        outgoing.sentOn = to;
        if (outgoing.failures() > 0) {
          resent++;
        }
      } else {
        pending.remove(outgoing);
      }
    } finally {
      list.unlock();
    }
    if (unable == null) {
      to.send(outgoing.to, outgoing.message, outgoing.notBefore, outgoing);
    } else {
      // Its publisher's code must not run under the lock that gives messages their order.
      runtime.execute(() -> end(outgoing, unable));
    }
  }

  void stored(Outgoing outgoing, int partition, long offset) {
    boolean first;
    boolean freed;
    list.lock();
    try {
      outgoing.atAdapter = false;
      freed = !outgoing.free;
      outgoing.free = true;
      first = outgoing.state != Outgoing.State.DONE;
      senders.works();
      if (first) {
        pending.remove(outgoing);
      }
    } finally {
      list.unlock();
    }
    // First, so that whoever hears of it finds its place in the window free.
    if (freed) {
      outgoing.released();
    }
    if (first) {
      outgoing.done(partition, offset);
    }
  }

  void failed(Outgoing outgoing, PublishException failure) {
    PublishException ended = null;
    boolean late;
    boolean again = false;
    Duration wait = Duration.ZERO;
    list.lock();
    try {
      outgoing.atAdapter = false;
      outgoing.lastFailure = failure;
      late = outgoing.state == Outgoing.State.DONE;
      if (!late) {
        boolean unknown = failure.outcome() == PublishException.Outcome.UNKNOWN;
        boolean lost = failure.code() == ErrorCode.BROKER_UNREACHABLE;
        outgoing.countFailure(unknown && !lost);
        if (lost && outgoing.sentOn == sender) {
          letGo();
        }
        if (!closed && outgoing.mayBeSentAgain(failure)) {
          outgoing.state = Outgoing.State.QUEUED;
          again = open;
          wait = waitBeforeAgain(outgoing, lost);
        } else {
          pending.remove(outgoing);
          ended = outgoing.verdict(failure);
        }
        outgoing.maybeStored |= unknown;
      }
    } finally {
      list.unlock();
    }
    if (late) {
      free(outgoing);
    } else if (ended != null) {
      end(outgoing, ended);
    } else {
      outgoing.trouble(failure);
      if (again) {
        retry(outgoing, wait);
      }
    }
  }

  /** After a lost link there is a new sender already: at once, and in order. Else after a while. */
  private Duration waitBeforeAgain(Outgoing outgoing, boolean lost) {
    return lost && outgoing.sentOn != sender
        ? Duration.ZERO
        : connection.settings().backoff().after(outgoing.failures());
  }

  /**
   * The sender is dead, with its link or without: nothing is sent until there is another one, so
   * that what it held goes first. The list is locked.
   */
  private void letGo() {
    sender = null;
    open = false;
    time.schedule(senders.died(), () -> runtime.execute(this::resume));
  }

  private void retry(Outgoing outgoing, Duration wait) {
    Runnable send = () -> runtime.execute(() -> resend(outgoing));
    if (wait.isZero()) {
      send.run();
    } else {
      time.schedule(wait, send);
    }
  }

  private void resend(Outgoing outgoing) {
    sending.lock();
    try {
      transmit(outgoing);
    } finally {
      sending.unlock();
    }
  }

  private void linkChanged(ConnectionState state, @Nullable MessagingException error) {
    List<Outgoing> refused = List.of();
    list.lock();
    try {
      link = state;
      boolean given =
          state == ConnectionState.AUTH_FAILED || state == ConnectionState.NEW && error != null;
      refusal = given ? error : null;
      if (state != ConnectionState.CONNECTED) {
        open = false;
      }
      if (state != ConnectionState.CONNECTED && state != ConnectionState.BLOCKED) {
        sender = null;
      }
      if (given) {
        refused = pending.removeAll(o -> !o.forEver() && !o.atAdapter);
      }
    } finally {
      list.unlock();
    }
    for (Outgoing outgoing : refused) {
      end(outgoing, Failures.ended(outgoing, error));
    }
    if (state == ConnectionState.CONNECTED) {
      runtime.execute(this::resume);
    }
  }

  /** Sends what waits, in order, and only then lets new messages through. */
  private void resume() {
    sending.lock();
    try {
      Sender next = nextSender();
      List<Outgoing> queued;
      list.lock();
      try {
        if (!resumable()) {
          return;
        }
        if (next == null) {
          letGo();
          return;
        }
        sender = next;
        open = true;
        queued = pending.queued();
      } finally {
        list.unlock();
      }
      queued.forEach(this::transmit);
    } finally {
      sending.unlock();
    }
  }

  /** The one that lives, or another one; null if there is none, or no use for it. */
  private @Nullable Sender nextSender() {
    list.lock();
    try {
      if (sender != null || !resumable()) {
        return sender;
      }
    } finally {
      list.unlock();
    }
    return senders.next();
  }

  /** Whether nothing but a sender may be missing; the list is locked. */
  private boolean resumable() {
    return !closed && link == ConnectionState.CONNECTED && !open;
  }

  /** Ends what is past its deadline. */
  private void expire() {
    List<Outgoing> late;
    ConnectionState state;
    list.lock();
    try {
      long now = time.nanos();
      late = pending.removeAll(o -> !o.forEver() && o.deadlineNanos - now <= 0);
      state = link;
      deadlines.next(pending.nextDeadline());
    } finally {
      list.unlock();
    }
    for (Outgoing outgoing : late) {
      end(outgoing, Failures.timeout(outgoing, state));
    }
  }

  /** Ends a message that is not in the list any more. */
  private void end(Outgoing outgoing, PublishException failure) {
    free(outgoing);
    outgoing.gone(failure);
  }

  /**
   * Gives its place in the window back, unless the adapter still holds it: what was ended at its
   * deadline counts as in flight until the adapter lets go.
   */
  private void free(Outgoing outgoing) {
    boolean freed;
    list.lock();
    try {
      freed = !outgoing.free && (!outgoing.atAdapter || closed);
      outgoing.free |= freed;
    } finally {
      list.unlock();
    }
    if (freed) {
      outgoing.released();
    }
  }
}
