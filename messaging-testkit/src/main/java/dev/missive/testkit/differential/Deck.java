package dev.missive.testkit.differential;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * Cards that are drawn until none is left, and then all again: random, and each as often as it
 * should be. Confined to one thread.
 *
 * @param <T> what stands on a card
 */
final class Deck<T> {
  private final List<T> all = new ArrayList<>();
  private final List<T> left = new ArrayList<>();
  private final Random random;

  Deck(Random random) {
    this.random = random;
  }

  Deck<T> with(int count, T card) {
    all.addAll(Collections.nCopies(count, card));
    return this;
  }

  T draw() {
    if (left.isEmpty()) {
      left.addAll(all);
      Collections.shuffle(left, random);
    }
    return left.remove(left.size() - 1);
  }
}
