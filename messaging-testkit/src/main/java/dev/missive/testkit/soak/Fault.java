package dev.missive.testkit.soak;

import dev.missive.testkit.contract.BrokerUnderTest;
import dev.missive.testkit.contract.Control;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Predicate;

/** What a soak does to broker, network and consumers, and undoes again. */
enum Fault {
  /** The broker is killed and started again. */
  RESTART(has(Control.Restart.class), (soak, millis) -> soak.use(Control.Restart.class).restart()),
  /** All connections are cut. */
  CUT(has(Control.Cut.class), (soak, millis) -> soak.use(Control.Cut.class).cut()),
  /** The broker is away for a while. */
  AWAY(
      has(Control.Power.class),
      (soak, millis) -> {
        soak.use(Control.Power.class).down();
        soak.pass(millis);
        soak.use(Control.Power.class).up();
      }),
  /** Bytes vanish for a while, the sockets stay open. */
  BLACKHOLE(
      has(Control.Blackhole.class),
      (soak, millis) -> {
        soak.use(Control.Blackhole.class).swallow();
        soak.pass(millis);
        soak.use(Control.Blackhole.class).pass();
      }),
  /** The broker stores, and its confirms are lost for a while. */
  CONFIRMS_LOST(
      has(Control.Confirms.class),
      (soak, millis) -> {
        soak.use(Control.Confirms.class).lose();
        soak.pass(millis);
        soak.use(Control.Confirms.class).pass();
      }),
  /** The broker takes no messages for a while. */
  BLOCKED(
      has(Control.Alarm.class),
      (soak, millis) -> {
        soak.use(Control.Alarm.class).block();
        soak.pass(millis);
        soak.use(Control.Alarm.class).unblock();
      }),
  /** A consumer stops and starts again. */
  CONSUMER_RESTART(broker -> true, (soak, millis) -> soak.load().restartOne(millis)),
  /** A consumer is paused for a while. */
  CONSUMER_PAUSE(broker -> true, (soak, millis) -> soak.load().pauseOne(() -> soak.pass(millis)));

  private final Predicate<BrokerUnderTest> possible;
  private final BiConsumer<Faults, Long> action;

  Fault(Predicate<BrokerUnderTest> possible, BiConsumer<Faults, Long> action) {
    this.possible = possible;
    this.action = action;
  }

  private static Predicate<BrokerUnderTest> has(Class<? extends Control> control) {
    return broker -> broker.find(control).isPresent();
  }

  /** Those that this broker can have, in a fixed order. */
  static List<Fault> of(BrokerUnderTest broker) {
    return Arrays.stream(values()).filter(fault -> fault.possible.test(broker)).toList();
  }

  /** Does it and undoes it; returns when that is done. */
  void inflict(Faults on, long millis) {
    action.accept(on, millis);
  }
}
