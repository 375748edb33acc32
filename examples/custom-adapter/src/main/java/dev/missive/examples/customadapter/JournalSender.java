package dev.missive.examples.customadapter;

import dev.missive.Message;
import dev.missive.MessagingException;
import dev.missive.PublishException;
import dev.missive.spi.Destination;
import dev.missive.spi.Sender;
import java.io.IOException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Publishes over one connection; dies with it. Thread-safe. */
final class JournalSender implements Sender {
  private final JournalLoop loop;
  private final JournalLink link;
  private final @Nullable JournalEpoch epoch;

  JournalSender(JournalLoop loop, JournalLink link) {
    this.loop = loop;
    this.link = link;
    this.epoch = link.epoch();
  }

  @Override
  public void send(Destination to, Message message, @Nullable Instant notBefore, Result result) {
    Attempt attempt = new Attempt(to, message, notBefore, result);
    loop.submit(new JournalCommand(attempt::store, attempt::report));
  }

  /** One send. */
  private final class Attempt {
    private final String queue;
    private final JournalRecord.Stored record;
    private final Result result;
    private long at;

    Attempt(Destination to, Message message, @Nullable Instant notBefore, Result result) {
      this.queue = JournalRecord.queue(to);
      this.record = new JournalRecord.Stored(queue, due(notBefore), JournalMessage.of(message));
      this.result = result;
    }

    void store() throws IOException {
      JournalStore store = link.store(epoch);
      if (!store.state().has(queue)) {
        throw JournalErrors.topicMissing(queue);
      }
      at = store.append(record);
    }

    void report(@Nullable MessagingException failure) {
      if (failure == null) {
        result.stored(0, at);
      } else {
        result.failed(failure instanceof PublishException e ? e : JournalErrors.defect(failure));
      }
    }
  }

  /** Rounded up: never early. The journal waits, so the header NOT_BEFORE is not needed. */
  private static long due(@Nullable Instant notBefore) {
    return notBefore == null ? JournalRecord.NOW : notBefore.plusNanos(999_999).toEpochMilli();
  }
}
