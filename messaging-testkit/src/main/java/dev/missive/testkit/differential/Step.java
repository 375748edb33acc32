package dev.missive.testkit.differential;

import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One line of a script.
 *
 * @param operation what is done
 * @param draft what is published; null if nothing is
 */
record Step(Operation operation, @Nullable Draft draft) {

  /**
   * A message and what its handler does with it.
   *
   * @param name unique in its script
   * @param key its key
   * @param lives the reactions of its runs: when it is published, and after each redrive; after the
   *     last of them it is handled
   */
  record Draft(String name, String key, List<List<Reaction>> lives) {

    /** The runs of one life, counted from 0. */
    List<Reaction> life(int number) {
      return number < lives.size() ? lives.get(number) : List.of(Reaction.HANDLE);
    }
  }

  @Override
  public String toString() {
    if (draft == null) {
      return operation.toString();
    }
    String lives =
        draft.lives.stream()
            .map(life -> life.stream().map(Reaction::toString).collect(Collectors.joining(", ")))
            .collect(Collectors.joining("; redriven: "));
    return operation + " " + draft.name + " with key " + draft.key + ": " + lives;
  }
}
