/**
 * What was published and what was handled, and whether the one follows from the other: for the
 * contract, for soak runs, and for tests of applications.
 *
 * <p>Start at {@link dev.missive.testkit.history.History}.
 */
@NullMarked
package dev.missive.testkit.history;

import org.jspecify.annotations.NullMarked;
