package dev.missive.examples.customadapter;

import dev.missive.Capability;
import dev.missive.Capability.Support;
import dev.missive.spi.Admin;
import dev.missive.spi.Broker;
import dev.missive.spi.BrokerContext;
import dev.missive.spi.DeliveryListener;
import dev.missive.spi.Sender;
import dev.missive.spi.Subscription;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** One client of a journal. Everything it is asked for is a command to its loop. Thread-safe. */
final class JournalConnection implements Broker {
  private static final String VERSION = "1";
  private static final Duration PRECISION = Duration.ofMillis(500);
  private static final Duration REDELIVERY_MARGIN = Duration.ofMillis(900);
  private static final Map<Capability, Support> CAN =
      Map.of(
          Capability.KEY_ORDER, Support.NATIVE,
          Capability.ORDERED_RETRY, Support.EMULATED,
          Capability.DELAY, Support.NATIVE,
          Capability.TTL, Support.EMULATED,
          Capability.START_POSITION, Support.NATIVE);

  private final BrokerContext context;
  private final JournalSettings settings;
  private final JournalWork work;
  private final JournalAdmin admin;
  private final AtomicInteger numbers = new AtomicInteger();
  private final AtomicBoolean closing = new AtomicBoolean();
  private final CompletableFuture<Void> closed = new CompletableFuture<>();

  JournalConnection(BrokerContext context, JournalSettings settings) {
    this.context = context;
    this.settings = settings;
    this.work = new JournalWork(context, settings);
    this.admin = new JournalAdmin(this, context.time());
  }

  @Override
  public CompletionStage<Traits> connect() {
    return submit(
        () -> {
          work.link().open();
          return traits();
        });
  }

  @Override
  public Sender sender(Duration deadline) {
    return new JournalSender(work.loop(), work.link());
  }

  @Override
  public Subscription subscribe(Subscription.Spec spec, DeliveryListener listener) {
    JournalSubscription made =
        new JournalSubscription(spec, listener, work, numbers.incrementAndGet());
    work.loop().submit(new JournalCommand(() -> {}, failure -> work.add(made)));
    return made;
  }

  @Override
  public Admin admin() {
    return admin;
  }

  /** Neither ATOMIC_BATCH nor SEEK. */
  @Override
  public <T> Optional<T> unwrap(Class<T> type) {
    return Optional.empty();
  }

  @Override
  public CompletionStage<Void> close(Duration atMost) {
    if (closing.compareAndSet(false, true)) {
      Runnable inTime = context.time().schedule(atMost, work::force);
      closed.whenComplete((done, failure) -> inTime.run());
      // Behind all that was submitted before.
      work.loop()
          .submit(new JournalCommand(() -> {}, failure -> work.end(() -> closed.complete(null))));
    }
    return closed;
  }

  /** What needs the journal to itself and has an answer. */
  interface Question<T> {
    T ask(JournalStore store) throws IOException;
  }

  <T> CompletionStage<T> ask(Question<T> question) {
    return submit(() -> question.ask(work.link().store(work.link().epoch())));
  }

  private interface Answer<T> {
    T find() throws IOException;
  }

  private <T> CompletionStage<T> submit(Answer<T> answer) {
    CompletableFuture<T> done = new CompletableFuture<>();
    List<T> found = new ArrayList<>();
    work.loop()
        .submit(
            new JournalCommand(
                () -> found.add(answer.find()),
                failure -> {
                  if (failure == null) {
                    done.complete(found.get(0));
                  } else {
                    done.completeExceptionally(failure);
                  }
                }));
    return done;
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
