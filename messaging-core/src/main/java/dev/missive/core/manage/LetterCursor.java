package dev.missive.core.manage;

import dev.missive.DeadLetters.Cursor;
import dev.missive.DeadLetters.Letter;
import dev.missive.DeadLetters.RedriveOptions;
import dev.missive.DeadLetters.Target;
import dev.missive.ErrorCode;
import dev.missive.Message;
import dev.missive.MessagingException;
import dev.missive.PublishException;
import dev.missive.RedriveReport;
import dev.missive.core.connect.Await;
import dev.missive.core.connect.Connection;
import dev.missive.core.consume.Copies;
import dev.missive.core.publish.Outbox;
import dev.missive.core.publish.Outgoing;
import dev.missive.spi.Delivery;
import dev.missive.spi.DeliveryListener;
import dev.missive.spi.Destination;
import dev.missive.spi.Subscription;
import dev.missive.spi.Time;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * Reads the dead letters that are there when it is opened: peek = release at the end, discard =
 * ack, redrive = send to the group, wait until it is stored, ack (semantics S19).
 *
 * <p>What was read and neither redriven nor discarded stays unsettled until it closes. Of that the
 * window has room for, and no broker gives it more.
 */
final class LetterCursor implements Cursor, DeliveryListener {
  private static final int WINDOW = 10_000;
  private static final int LOOPS = 5;

  private final Connection connection;
  private final Outbox outbox;
  private final Copies copies;
  private final Time time;
  private final String topic;
  private final String group;
  private final long expected;
  private final int window;
  private final Object lock = new Object();
  private final ArrayDeque<Delivery> arrived = new ArrayDeque<>();
  private final List<DeadLetter> unsettled = new ArrayList<>();
  private @Nullable Subscription subscription;
  private @Nullable CompletableFuture<Void> wanted;
  private @Nullable MessagingException failure;
  private long taken;
  private boolean closed;

  LetterCursor(
      Connection connection,
      Outbox outbox,
      Copies copies,
      Time time,
      String topic,
      String group,
      long expected) {
    this.connection = connection;
    this.outbox = outbox;
    this.copies = copies;
    this.time = time;
    this.topic = topic;
    this.group = group;
    this.expected = expected;
    this.window = (int) Math.max(1, Math.min(WINDOW, expected));
  }

  void open() {
    Subscription made =
        connection
            .broker()
            .subscribe(
                new Subscription.Spec(
                    Subscription.Kind.DEAD_LETTERS, topic, group, window, false, null),
                this);
    subscription = made;
    try {
      Await.result(
          made.ready(),
          connection.settings().answering(),
          time,
          "opening the dead letters of " + topic + " of group " + group);
    } catch (MessagingException e) {
      // Else it would take the letters as soon as it can, and hide them from every other cursor.
      synchronized (lock) {
        closed = true;
      }
      made.close();
      throw e;
    }
  }

  @Override
  public void delivered(Delivery delivery, boolean more) {
    synchronized (lock) {
      if (!closed) {
        arrived.add(delivery);
        if (!more && wanted != null) {
          wanted.complete(null);
        }
        return;
      }
    }
    delivery.release();
  }

  /** Nothing runs here: what is held stays held until it is lost. */
  @Override
  public void revoking(Object epoch) {}

  @Override
  public void revoked(Object epoch) {
    failed(
        new MessagingException(
            ErrorCode.BROKER_UNREACHABLE,
            "the connection was lost while dead letters were read. Open a new cursor"));
  }

  @Override
  public void failed(MessagingException fatal) {
    synchronized (lock) {
      failure = fatal;
      if (wanted != null) {
        wanted.complete(null);
      }
    }
  }

  @Override
  public List<Letter> next(int max) {
    if (max < 1) {
      throw new MessagingException(
          ErrorCode.CONFIG_INVALID,
          "a page of dead letters was " + max + " but must be at least 1");
    }
    List<Letter> page = new ArrayList<>();
    while (page.size() < max && (page.isEmpty() || !full())) {
      DeadLetter letter = take();
      if (letter == null) {
        break;
      }
      page.add(letter);
    }
    return List.copyOf(page);
  }

  private @Nullable DeadLetter take() {
    while (true) {
      CompletableFuture<Void> come;
      synchronized (lock) {
        checkUsable();
        // What was redriven and fails again comes back at once, and would for ever.
        if (taken >= expected) {
          return null;
        }
        Delivery delivery = arrived.poll();
        if (delivery != null) {
          taken++;
          DeadLetter letter = new DeadLetter(delivery);
          unsettled.add(letter);
          return letter;
        }
        if (full()) {
          throw new MessagingException(
              ErrorCode.BACKPRESSURE,
              "this cursor holds "
                  + window
                  + " dead letters that were neither redriven nor discarded, and there are more."
                  + " Settle some of them, or close it");
        }
        come = new CompletableFuture<>();
        wanted = come;
      }
      // The broker said there are more; if it was wrong (somebody else took them) this is where the
      // cursor ends.
      if (!Await.completed(come, connection.settings().timeout(), time)) {
        return null;
      }
    }
  }

  /** Whether there are more than it may hold. */
  private boolean full() {
    synchronized (lock) {
      return arrived.isEmpty() && taken < expected && unsettled.size() >= window;
    }
  }

  private void checkUsable() {
    if (closed) {
      throw new MessagingException(ErrorCode.CLOSED, "this cursor was closed. Open a new one");
    }
    if (failure != null) {
      throw failure;
    }
  }

  @Override
  public void discard(Letter letter) {
    settle(own(letter));
  }

  @Override
  public void redrive(Letter letter) {
    DeadLetter own = own(letter);
    if (own.count() >= LOOPS) {
      throw new MessagingException(
          ErrorCode.CONFIG_INVALID,
          "the letter was dead-lettered "
              + own.count()
              + " times, and would be again. Mend the cause, then use"
              + " redrive(RedriveOptions.all().filter(…).forced()) with a new cursor");
    }
    Target target = target(own, Optional.empty());
    if (target == null) {
      throw new MessagingException(
          ErrorCode.CONFIG_INVALID,
          "a letter does not say where it came from. Use redrive(RedriveOptions.all().foreignTo(topic, group))");
    }
    send(own, target);
    settle(own);
  }

  @Override
  public RedriveReport redrive(RedriveOptions options) {
    long redriven = 0;
    long filtered = 0;
    long looping = 0;
    long foreign = 0;
    long began = time.nanos();
    while (redriven < options.limit()) {
      DeadLetter letter = take();
      if (letter == null) {
        break;
      }
      Target target = target(letter, options.target());
      if (!options.filter().test(letter)) {
        filtered++;
      } else if (letter.count() >= LOOPS && !options.force()) {
        looping++;
      } else if (target == null) {
        foreign++;
      } else {
        if (!options.dryRun()) {
          slowDown(options.perSecond(), redriven, began);
          send(letter, target);
          settle(letter);
        }
        redriven++;
      }
    }
    return new RedriveReport(redriven, filtered, looping, foreign, options.dryRun());
  }

  private void slowDown(int perSecond, long done, long began) {
    if (perSecond == 0) {
      return;
    }
    long due = done * 1_000_000_000L / perSecond - (time.nanos() - began);
    if (due > 0) {
      Await.completed(new CompletableFuture<>(), Duration.ofNanos(due), time);
    }
  }

  private static @Nullable Target target(DeadLetter letter, Optional<Target> foreignTo) {
    String from = letter.topic();
    String by = letter.group();
    return from != null && by != null ? new Target(from, by) : foreignTo.orElse(null);
  }

  private void send(DeadLetter letter, Target target) {
    Redriven out =
        new Redriven(
            copies.redriven(letter.delivery.message()),
            new Destination.Group(target.topic(), target.group()),
            time.nanos() + connection.settings().answering().atMost().toNanos());
    outbox.send(out);
    try {
      out.result.join();
    } catch (CompletionException e) {
      throw Await.unwrap(e);
    }
  }

  private DeadLetter own(Letter letter) {
    synchronized (lock) {
      checkUsable();
      if (letter instanceof DeadLetter own && unsettled.contains(own)) {
        return own;
      }
    }
    throw new MessagingException(
        ErrorCode.CONFIG_INVALID, "the letter is not one of this cursor, or was settled already");
  }

  private void settle(DeadLetter letter) {
    Delivery.Settled settled = letter.delivery.ack();
    synchronized (lock) {
      unsettled.remove(letter);
    }
    if (settled == Delivery.Settled.STALE) {
      throw new MessagingException(
          ErrorCode.BROKER_UNREACHABLE,
          "the connection was lost before a letter was removed; it is still there. Open a new cursor");
    }
  }

  @Override
  public void close() {
    List<Delivery> back = new ArrayList<>();
    Subscription open;
    synchronized (lock) {
      if (closed) {
        return;
      }
      closed = true;
      open = subscription;
    }
    if (open == null) {
      return;
    }
    Await.completed(open.stop(), connection.settings().timeout(), time);
    synchronized (lock) {
      unsettled.forEach(letter -> back.add(letter.delivery));
      back.addAll(arrived);
    }
    back.forEach(Delivery::release);
    Await.completed(open.close(), connection.settings().timeout(), time);
  }

  private static final class Redriven extends Outgoing {
    final CompletableFuture<Void> result = new CompletableFuture<>();

    Redriven(Message copy, Destination to, long deadline) {
      super(to, copy, null, Set.of(), deadline);
    }

    @Override
    protected void done(int partition, long offset) {
      result.complete(null);
    }

    @Override
    protected void gone(PublishException why) {
      result.completeExceptionally(why);
    }
  }
}
