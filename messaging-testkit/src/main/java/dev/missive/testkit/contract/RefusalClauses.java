package dev.missive.testkit.contract;

import dev.missive.Capability;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Clause U01. */
public interface RefusalClauses {
  /**
   * U01.
   *
   * @param lab what this test works with
   */
  @Test
  @Tag("version")
  @Tag("count")
  @DisplayName("U01 whatever capability the broker has not is refused where it is used")
  default void a_missing_capability_is_refused(Lab lab) {
    for (Capability capability : Capability.values()) {
      if (!lab.has(capability)) {
        Refusals.assertUnseen(lab, lab.open(), capability);
      }
    }
  }
}
