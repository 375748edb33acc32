package dev.missive.testkit.memory;

import dev.missive.PublishException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Something on its way to the broker, whose result the broker may keep back. */
abstract class MemoryPublish extends MemoryCommand {
  private enum Held {
    NOT,
    /** Not stored, until an alarm is over. */
    BLOCKED,
    /** Stored; its confirm comes later. */
    UNCONFIRMED,
    /** Stored; its confirm never comes. */
    LOST
  }

  private final MemoryEpoch epoch;
  private Held held = Held.NOT;

  /** Whoever takes it out of the epoch reports its result, even in the same step. */
  private boolean kept;

  private @Nullable PublishException failure;

  MemoryPublish(MemoryEpoch epoch) {
    this.epoch = epoch;
  }

  /** Reads what to store; null if that throws, which is a defect and becomes the result. */
  final <T> @Nullable T read(Supplier<T> what) {
    try {
      return what.get();
    } catch (RuntimeException e) {
      broken(e);
      return null;
    }
  }

  @Override
  final void execute() {
    if (failure != null) {
      return;
    }
    if (!epoch.alive) {
      failure = MemoryErrors.lost(false);
    } else if (epoch.blocked) {
      held = Held.BLOCKED;
      keep();
    } else {
      attempt();
      if (held != Held.NOT) {
        keep();
      }
    }
  }

  @Override
  final void broken(Throwable defect) {
    held = Held.NOT;
    failure = MemoryErrors.defect(defect);
  }

  @Override
  final void report() {
    if (!kept) {
      tell();
    }
  }

  /** Without the lock: reports the result, once. */
  final void tell() {
    PublishException why = failure;
    if (why == null) {
      stored();
    } else {
      failed(why);
    }
  }

  /** Whether its result is kept back. */
  final boolean held() {
    return held != Held.NOT;
  }

  /** The alarm is over; false if it does not wait for that. */
  final boolean unblock() {
    if (held != Held.BLOCKED) {
      return false;
    }
    held = Held.NOT;
    try {
      attempt();
    } catch (RuntimeException e) {
      broken(e);
    }
    return true;
  }

  /** Confirms flow again; false if it does not wait for that. */
  final boolean confirm() {
    if (held != Held.UNCONFIRMED) {
      return false;
    }
    held = Held.NOT;
    return true;
  }

  /** The connection went while the broker held it. */
  final void lose() {
    failure = MemoryErrors.lost(held != Held.BLOCKED);
    held = Held.NOT;
  }

  private void keep() {
    kept = true;
    epoch.hold(this);
  }

  private void attempt() {
    MemoryServer server = epoch.connection.server();
    try {
      server.operations++;
      store(server, epoch.connection.settings());
    } catch (PublishException e) {
      failure = e;
      return;
    }
    if (server.faults.losesConfirm()) {
      held = Held.LOST;
    } else if (server.faults.withholdConfirms) {
      held = Held.UNCONFIRMED;
    }
  }

  /** With the server's lock: stores it, or throws and leaves everything as it was. */
  abstract void store(MemoryServer server, MemorySettings settings);

  abstract void stored();

  abstract void failed(PublishException why);
}
