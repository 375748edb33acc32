package dev.missive.core.publish;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Sends the next message of a key only when the previous one is complete, so that no refusal or
 * reconnect can swap them (semantics S7). Thread-safe.
 */
abstract class StrictOrder {
  /** The usual producer: the outbox keeps the order while nothing is refused. */
  static final StrictOrder OFF =
      new StrictOrder() {
        @Override
        void send(Outgoing outgoing, Consumer<Outgoing> outbox) {
          outbox.accept(outgoing);
        }

        @Override
        void ended(Outgoing outgoing, Consumer<Outgoing> outbox) {}
      };

  static StrictOrder perKey() {
    return new PerKey();
  }

  abstract void send(Outgoing outgoing, Consumer<Outgoing> outbox);

  abstract void ended(Outgoing outgoing, Consumer<Outgoing> outbox);

  private static final class PerKey extends StrictOrder {
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<ByteBuffer, ArrayDeque<Outgoing>> waiting = new HashMap<>();
    private final ArrayDeque<Outgoing> due = new ArrayDeque<>();
    private boolean sendsDue;

    @Override
    void send(Outgoing outgoing, Consumer<Outgoing> outbox) {
      ByteBuffer key = outgoing.message.keyBuffer();
      if (key != null && !first(key, outgoing)) {
        return;
      }
      outbox.accept(outgoing);
    }

    @Override
    void ended(Outgoing outgoing, Consumer<Outgoing> outbox) {
      ByteBuffer key = outgoing.message.keyBuffer();
      Outgoing next = key == null ? null : next(key);
      if (next == null || !mine(next)) {
        return;
      }
      // Not from within: one that is refused at once ends here and has another one sent, and so on.
      try {
        for (Outgoing due = due(); due != null; due = due()) {
          outbox.accept(due);
        }
      } catch (RuntimeException | Error e) {
        // An adapter threw: whoever ends next sends what is left.
        stopped();
        throw e;
      }
    }

    private void stopped() {
      lock.lock();
      try {
        sendsDue = false;
      } finally {
        lock.unlock();
      }
    }

    /** Whether the caller has to send what is due; else somebody does already. */
    private boolean mine(Outgoing next) {
      lock.lock();
      try {
        due.add(next);
        boolean first = !sendsDue;
        sendsDue = true;
        return first;
      } finally {
        lock.unlock();
      }
    }

    private @Nullable Outgoing due() {
      lock.lock();
      try {
        Outgoing next = due.poll();
        sendsDue = next != null;
        return next;
      } finally {
        lock.unlock();
      }
    }

    private boolean first(ByteBuffer key, Outgoing outgoing) {
      lock.lock();
      try {
        ArrayDeque<Outgoing> queue = waiting.get(key);
        if (queue == null) {
          waiting.put(key, new ArrayDeque<>());
          return true;
        }
        queue.add(outgoing);
        return false;
      } finally {
        lock.unlock();
      }
    }

    private @Nullable Outgoing next(ByteBuffer key) {
      lock.lock();
      try {
        ArrayDeque<Outgoing> queue = waiting.get(key);
        Outgoing next = queue == null ? null : queue.poll();
        if (next == null) {
          waiting.remove(key);
        }
        return next;
      } finally {
        lock.unlock();
      }
    }
  }
}
