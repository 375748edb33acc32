/**
 * Plays the same random scripts on two brokers and compares what became of every message: the
 * in-memory broker and a real one, or two versions of one.
 *
 * <p>Start at {@link dev.missive.testkit.differential.DifferentialContract} for a test, at {@link
 * dev.missive.testkit.differential.Differential} for anything else.
 */
@NullMarked
package dev.missive.testkit.differential;

import org.jspecify.annotations.NullMarked;
