package dev.missive.testkit.contract;

import dev.missive.Messaging;
import dev.missive.Receipt;
import dev.missive.testkit.Recorder;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Clause F05. */
public interface QuorumClauses {
  /**
   * F05.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("fault")
  @DisplayName("F05 without a quorum publishes fail or wait, and nothing with a receipt is lost")
  default void quorum(Lab lab) {
    Control.Quorum quorum = lab.control(Control.Quorum.class);
    Messaging messaging = lab.open("producer.deadline", "5s");
    lab.run("declaring", () -> messaging.topology().declare(lab.topic(), lab.group()));
    Set<String> stored = ConcurrentHashMap.newKeySet();
    lab.await("the first is stored", () -> Steps.stored(lab, messaging, "first"));
    stored.add(messaging.producer().publish(lab.message("before")).id());
    lab.killed(quorum.lose());
    CompletableFuture<Receipt> without =
        messaging.producer().publishAsync(lab.message("without")).toCompletableFuture();
    lab.await("an answer", Duration.ofSeconds(10).plus(lab.slack()), without::isDone);
    if (!without.isCompletedExceptionally()) {
      stored.add(without.join().id());
    }
    quorum.restore();
    lab.await("publishing goes on", Lab.RECOVERY, () -> Steps.stored(lab, messaging, "after"));
    Recorder seen = new Recorder();
    lab.consume(messaging, seen);
    lab.await("all with a receipt", Lab.RECOVERY, () -> seen.ids().containsAll(stored));
    lab.await("the one after", Lab.RECOVERY, () -> seen.texts().contains("after"));
  }
}
