package dev.missive.examples.customadapter;

import dev.missive.Capability;
import dev.missive.Capability.Support;
import dev.missive.spi.Admin;
import dev.missive.spi.Broker;
import dev.missive.spi.BrokerContext;
import dev.missive.spi.BrokerContext.Link;
import dev.missive.spi.DeliveryListener;
import dev.missive.spi.Sender;
import dev.missive.spi.Subscription;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One client of a journal. Everything it is asked for is a command to its {@link JournalLoop};
 * fields that are not final are confined to that thread, volatile ones aside. Thread-safe.
 */
final class JournalConnection implements Broker {
  private static final String VERSION = "1";
  private static final Duration PRECISION = Duration.ofMillis(500);
  private static final Duration REDELIVERY_MARGIN = Duration.ofMillis(900);
  private static final long FIRST_WAIT_MILLIS = 250;
  private static final long LONGEST_WAIT_MILLIS = 30_000;
  private static final int DOUBLINGS = 7;
  private static final Map<Capability, Support> CAN =
      Map.of(
          Capability.KEY_ORDER, Support.NATIVE,
          Capability.ORDERED_RETRY, Support.EMULATED,
          Capability.DELAY, Support.NATIVE,
          Capability.TTL, Support.EMULATED,
          Capability.START_POSITION, Support.NATIVE);

  private final BrokerContext context;
  private final JournalSettings settings;
  private final JournalLoop loop;
  private final JournalAdmin admin = new JournalAdmin(this);
  private final List<JournalSubscription> subscriptions = new ArrayList<>();
  private final AtomicInteger numbers = new AtomicInteger();
  private final AtomicBoolean closing = new AtomicBoolean();
  private final CompletableFuture<Void> closed = new CompletableFuture<>();
  private volatile @Nullable JournalEpoch epoch;
  private volatile boolean forced;
  private int failures;
  private long sweptAt;
  private @Nullable Long busySince;

  JournalConnection(BrokerContext context, JournalSettings settings) {
    this.context = context;
    this.settings = settings;
    this.loop = new JournalLoop(context, this::step);
  }

  // ---- SPI

  @Override
  public CompletionStage<Traits> connect() {
    CompletableFuture<Traits> done = new CompletableFuture<>();
    submit(
        new JournalCommand(
            this::open,
            failure -> {
              if (failure == null) {
                done.complete(traits());
              } else {
                done.completeExceptionally(failure);
              }
            }));
    return done;
  }

  @Override
  public Sender sender(Duration deadline) {
    return new JournalSender(this, epoch);
  }

  @Override
  public Subscription subscribe(Subscription.Spec spec, DeliveryListener listener) {
    JournalSubscription made =
        new JournalSubscription(spec, listener, this, numbers.incrementAndGet());
    submit(
        new JournalCommand(
            () -> {},
            failure -> {
              subscriptions.add(made);
              loop.wake();
            }));
    return made;
  }

  @Override
  public Admin admin() {
    return admin;
  }

  @Override
  public <T> Optional<T> unwrap(Class<T> type) {
    return Optional.empty();
  }

  @Override
  public CompletionStage<Void> close(Duration atMost) {
    if (closing.compareAndSet(false, true)) {
      Runnable inTime =
          context
              .time()
              .schedule(
                  atMost,
                  () -> {
                    forced = true;
                    loop.wake();
                  });
      closed.whenComplete((done, failure) -> inTime.run());
      submit(new JournalCommand(() -> {}, failure -> end()));
    }
    return closed;
  }

  // ---- for the other parts

  void submit(JournalCommand command) {
    loop.submit(command);
  }

  void wake() {
    loop.wake();
  }

  Instant now() {
    return context.time().now();
  }

  void forget(JournalSubscription subscription) {
    subscriptions.remove(subscription);
  }

  /** What can be asked of a journal. */
  interface Question<T> {
    T ask(JournalStore store) throws IOException;
  }

  <T> CompletionStage<T> ask(Question<T> question) {
    CompletableFuture<T> done = new CompletableFuture<>();
    List<T> answer = new ArrayList<>();
    submit(
        new JournalCommand(
            () -> answer.add(question.ask(store(epoch))),
            failure -> {
              if (failure == null) {
                done.complete(answer.get(0));
              } else {
                done.completeExceptionally(failure);
              }
            }));
    return done;
  }

  /** The journal of an epoch, if that is not over. */
  JournalStore store(@Nullable JournalEpoch of) {
    if (of == null || !of.alive()) {
      throw JournalErrors.notConnected(settings.directory());
    }
    return of.store;
  }

  // ---- on the loop's thread

  private boolean step(List<JournalCommand> commands) {
    JournalEpoch current = epoch;
    IOException lost = null;
    try {
      if (current == null) {
        for (JournalCommand command : commands) {
          command.execute();
        }
      } else if (!work(current, commands)) {
        return false;
      }
    } catch (IOException e) {
      lost = e;
      commands.forEach(command -> command.fail(JournalErrors.lost(settings.directory(), e)));
    }
    commands.forEach(JournalCommand::report);
    if (lost != null && current != null) {
      lose(current, lost);
    } else {
      subscriptions.removeIf(subscription -> !subscription.deliver());
    }
    return true;
  }

  /** Does what there is to do, alone; false if another process has the journal. */
  private boolean work(JournalEpoch current, List<JournalCommand> commands) throws IOException {
    boolean sweep = context.time().nanos() - sweptAt >= settings.pollInterval().toNanos();
    if (!commands.isEmpty() || sweep || wanted(current)) {
      boolean done =
          current.alone(
              () -> {
                checkAlive(current);
                for (JournalCommand command : commands) {
                  command.execute();
                }
                if (sweep) {
                  sweep(current.store);
                }
                for (JournalSubscription subscription : subscriptions) {
                  subscription.take(current, now().toEpochMilli());
                }
              });
      if (!done) {
        return busy();
      }
    }
    busySince = null;
    current.store.look(() -> loop.alarm(untilDue(current)));
    return true;
  }

  private boolean wanted(JournalEpoch current) throws IOException {
    List<JournalSubscription> wanting = new ArrayList<>();
    current.store.look(
        () -> {
          for (JournalSubscription subscription : subscriptions) {
            if (subscription.wants(current, now().toEpochMilli())) {
              wanting.add(subscription);
            }
          }
        });
    return !wanting.isEmpty();
  }

  private void checkAlive(JournalEpoch current) throws IOException {
    if (!current.session.alive()) {
      throw new IOException("the session of this client was ended, or its directory is gone");
    }
  }

  /** Gives back what clients held that are gone. */
  private void sweep(JournalStore store) throws IOException {
    sweptAt = context.time().nanos();
    for (String session : JournalSession.dead(settings.directory(), store.state().members())) {
      store.append(new JournalRecord.Left(session));
    }
  }

  private boolean busy() throws IOException {
    long now = context.time().nanos();
    long since = busySince == null ? now : busySince;
    busySince = since;
    if (forced || now - since > settings.lockTimeout().toNanos()) {
      busySince = null;
      throw new IOException("another process has kept it locked for too long");
    }
    return false;
  }

  /** Other processes cannot wake us, so we look after them. */
  private Duration untilDue(JournalEpoch current) throws IOException {
    long due = Long.MAX_VALUE;
    for (JournalSubscription subscription : subscriptions) {
      due = Math.min(due, subscription.nextDue(current));
    }
    long poll = settings.pollInterval().toMillis();
    long now = now().toEpochMilli();
    return Duration.ofMillis(due - now < poll ? Math.max(1, due - now) : poll);
  }

  // ---- the connection, on the loop's thread

  private void open() throws IOException {
    try {
      epoch = JournalEpoch.open(settings.directory(), loop::wake);
    } catch (IOException e) {
      throw JournalErrors.unreachable(settings.directory(), e);
    }
    loop.wake();
  }

  private void lose(JournalEpoch current, IOException why) {
    epoch = null;
    current.close();
    subscriptions.forEach(subscription -> subscription.revoked(current));
    context.connection(Link.RECONNECTING, String.valueOf(why.getMessage()), why);
    reconnectLater();
  }

  /** 250 ms, doubling to 30 s, with full jitter. */
  private void reconnectLater() {
    long most = Math.min(LONGEST_WAIT_MILLIS, FIRST_WAIT_MILLIS << Math.min(DOUBLINGS, failures++));
    Duration wait = Duration.ofMillis(ThreadLocalRandom.current().nextLong(1, most + 1));
    context.time().schedule(wait, () -> submit(new JournalCommand(this::reopen, f -> {})));
  }

  private void reopen() throws IOException {
    if (closing.get()) {
      return;
    }
    try {
      open();
      failures = 0;
      context.connection(Link.CONNECTED, "the journal is open again", null);
    } catch (dev.missive.MessagingException e) {
      reconnectLater();
    }
  }

  private void end() {
    JournalEpoch current = epoch;
    if (current != null) {
      current.close();
    }
    subscriptions.forEach(JournalSubscription::end);
    subscriptions.clear();
    loop.end(() -> closed.complete(null));
  }

  private Traits traits() {
    return new Traits(
        VERSION,
        CAN,
        settings.maxBytes(),
        Duration.ZERO,
        PRECISION,
        Duration.ZERO,
        settings.pollInterval().plus(REDELIVERY_MARGIN));
  }
}
