package dev.missive.examples.customadapter;

import dev.missive.MessagingException;
import java.io.IOException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One thing a client wants: work that is done alone, and afterwards the telling of what came of it.
 * Confined to the loop's thread once it was submitted.
 */
final class JournalCommand {
  private static final System.Logger LOG = System.getLogger(JournalCommand.class.getName());

  private final JournalStore.Work work;
  private final Consumer<@Nullable MessagingException> report;
  private @Nullable MessagingException failure;

  JournalCommand(JournalStore.Work work, Consumer<@Nullable MessagingException> report) {
    this.work = work;
    this.report = report;
  }

  /** An IOException is not this command's failure but the end of the connection. */
  void execute() throws IOException {
    try {
      work.run();
    } catch (MessagingException e) {
      failure = e;
    } catch (RuntimeException e) {
      failure = JournalErrors.defect(e);
    }
  }

  /** It came to nothing, or nobody knows. */
  void fail(MessagingException why) {
    if (failure == null) {
      failure = why;
    }
  }

  void report() {
    guarded(() -> report.accept(failure));
  }

  /** Runs foreign code: what it throws harms nobody else. */
  static void guarded(Runnable foreign) {
    try {
      foreign.run();
    } catch (RuntimeException e) {
      LOG.log(System.Logger.Level.ERROR, "a callback of the journal threw", e);
    }
  }
}
