package dev.missive.testkit.soak;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** What went wrong in a soak besides its messages. Thread-safe. */
final class Problems {
  private static final int MOST = 20;

  private final Set<String> texts = new LinkedHashSet<>();

  /** Notes it, once however often it happens. */
  void add(String doing, Throwable thrown) {
    synchronized (texts) {
      if (texts.size() < MOST) {
        texts.add(doing + ": " + thrown);
      }
    }
  }

  List<String> texts() {
    synchronized (texts) {
      return new ArrayList<>(texts);
    }
  }
}
