package dev.missive.testkit.contract;

import dev.missive.ErrorCode;
import dev.missive.PublishException;
import dev.missive.spi.Broker;
import dev.missive.spi.BrokerContext;
import dev.missive.spi.BrokerProvider;
import dev.missive.spi.Delivery;
import dev.missive.spi.Destination;
import dev.missive.spi.Sender;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/**
 * An adapter around the adapter, named {@code probe:<name>}: counts unsettled deliveries and sends,
 * keeps results back, lets sends fail, and lets the client die. Everything else passes through.
 * Thread-safe.
 */
final class Probe implements BrokerProvider {
  private static final String PREFIX = "probe:";

  private final BrokerProvider inner;
  private final Set<Delivery> unsettled = ConcurrentHashMap.newKeySet();
  private final AtomicInteger mostUnsettled = new AtomicInteger();
  private final List<Destination> sends = new CopyOnWriteArrayList<>();
  private final List<Runnable> held = new ArrayList<>();
  private final Crash crash = new Crash();
  private Predicate<Destination> withheld = to -> false;
  private volatile Predicate<Destination> failing = to -> false;

  Probe(BrokerProvider inner) {
    this.inner = inner;
  }

  /** Of its own, so that no runtime takes the adapter itself for it. */
  @Override
  public String name() {
    return PREFIX + inner.name();
  }

  @Override
  public List<Setting> settings() {
    return inner.settings();
  }

  @Override
  public Broker create(BrokerContext context) {
    Broker broker = inner.create(context);
    crash.connection(broker);
    context.time().watch(crash::activity);
    return new ProbedBroker(broker, this);
  }

  // ---- what tests ask and order

  /** Deliveries that were handed over and neither settled nor taken back. */
  int unsettled() {
    return unsettled.size();
  }

  int mostUnsettled() {
    return mostUnsettled.get();
  }

  /** Sends that reached the adapter, by where they go. */
  long sends(Predicate<Destination> to) {
    return sends.stream().filter(to).count();
  }

  /** From now on the results of these sends are kept back; the sends themselves go out. */
  void withhold(Predicate<Destination> to) {
    synchronized (held) {
      withheld = to;
    }
  }

  /** Hands out the results that were kept back, in order, and from now on at once. */
  void release() {
    List<Runnable> results;
    synchronized (held) {
      withheld = to -> false;
      results = List.copyOf(held);
      held.clear();
    }
    run(() -> results.forEach(Runnable::run));
  }

  /** From now on these sends fail, NOT_STORED, without reaching the adapter. */
  void fail(Predicate<Destination> to) {
    failing = to;
  }

  /** The client dies as soon as it comes to this point. */
  void crashAt(CrashPoint point) {
    crash.plan(point);
  }

  /** Whether it has died and its connections are closed. */
  boolean crashed() {
    return crash.gone();
  }

  // ---- what the wrappers report

  Crash crash() {
    return crash;
  }

  void delivered(Delivery delivery) {
    unsettled.add(delivery);
    mostUnsettled.accumulateAndGet(unsettled.size(), Math::max);
  }

  void settled(Delivery delivery) {
    unsettled.remove(delivery);
  }

  void revoked(Object epoch) {
    unsettled.removeIf(delivery -> delivery.epoch() == epoch);
  }

  /** Whether the send goes on to the adapter. */
  boolean sent(Destination to, Sender.Result result) {
    if (isCopy(to) ? crash.at(CrashPoint.BEFORE_COPY) : crash.dead()) {
      return false;
    }
    sends.add(to);
    if (!failing.test(to)) {
      return true;
    }
    run(
        () ->
            result.failed(
                new PublishException(
                    ErrorCode.PUBLISH_REJECTED,
                    PublishException.Outcome.NOT_STORED,
                    "refused by the probe",
                    null)));
    return false;
  }

  void stored(Destination to, Runnable result) {
    if (!isCopy(to) || !crash.at(CrashPoint.COPY_STORED)) {
      result(to, result);
    }
  }

  void result(Destination to, Runnable result) {
    if (crash.dead()) {
      return;
    }
    synchronized (held) {
      if (withheld.test(to)) {
        held.add(result);
        return;
      }
    }
    result.run();
  }

  private static boolean isCopy(Destination to) {
    return to instanceof Destination.Group || to instanceof Destination.DeadLetters;
  }

  static void run(Runnable task) {
    Thread thread = new Thread(task, "missive-kit-probe");
    thread.setDaemon(true);
    thread.start();
  }
}
