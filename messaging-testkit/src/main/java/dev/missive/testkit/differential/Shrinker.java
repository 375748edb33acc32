package dev.missive.testkit.differential;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Takes steps out of a script for as long as what is left still shows the divergence: first halves,
 * then ever smaller parts, down to single steps (delta debugging). Confined to one thread.
 */
final class Shrinker {
  private final Predicate<List<Step>> shows;
  private int plays;

  /**
   * Makes one.
   *
   * @param shows plays these steps and says whether the divergence is there
   * @param plays at most so many; a clock would leave more steps on a busy machine
   */
  Shrinker(Predicate<List<Step>> shows, int plays) {
    this.shows = shows;
    this.plays = plays;
  }

  /** The fewest steps found; the same if none of them can go. */
  List<Step> shrink(List<Step> steps) {
    List<Step> left = List.copyOf(steps);
    int size = Math.max(1, left.size() / 2);
    while (mayPlay()) {
      List<Step> less = withoutOnePart(left, size);
      if (less.size() < left.size()) {
        left = less;
        size = Math.min(size, Math.max(1, left.size() / 2));
      } else if (size == 1) {
        return left;
      } else {
        size = size / 2;
      }
    }
    return left;
  }

  /** Without all parts of this size that are not needed, tried once from the end. */
  private List<Step> withoutOnePart(List<Step> steps, int size) {
    List<Step> left = steps;
    for (int from = steps.size() - size; from > -size && mayPlay(); from -= size) {
      List<Step> less = new ArrayList<>(left.subList(0, Math.max(0, from)));
      less.addAll(left.subList(from + size, left.size()));
      plays--;
      if (shows.test(less)) {
        left = less;
      }
    }
    return left;
  }

  private boolean mayPlay() {
    return plays > 0;
  }
}
