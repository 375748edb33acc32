package dev.missive.core.consume;

import dev.missive.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Runs a batch: elements that no handler gets to see are decided by themselves, the others
 * together, and the run is over when the last one is.
 */
final class BatchRun {
  private BatchRun() {}

  static void of(Flow flow, Run run) {
    Verdict[] verdicts = new Verdict[run.items.size()];
    List<Held> handled = new ArrayList<>(run.items.size());
    for (int i = 0; i < verdicts.length; i++) {
      Verdict early = flow.withoutHandler(run.items.get(i));
      if (early == null) {
        handled.add(run.items.get(i));
      } else {
        verdicts[i] = early;
      }
    }
    if (handled.isEmpty()) {
      flow.finish(run, List.of(verdicts));
      return;
    }
    List<CompletionStage<Outcome>> stages = flow.target.handle(handled);
    AtomicInteger open = new AtomicInteger(handled.size());
    int next = 0;
    for (int i = 0; i < verdicts.length; i++) {
      if (verdicts[i] != null) {
        continue;
      }
      int index = i;
      stages
          .get(next++)
          .whenComplete(
              (outcome, error) -> {
                verdicts[index] = Verdict.of(outcome, error, flow.spec.policy());
                if (open.decrementAndGet() == 0) {
                  flow.finish(run, List.of(verdicts));
                }
              });
    }
    Flow.left(run);
  }
}
