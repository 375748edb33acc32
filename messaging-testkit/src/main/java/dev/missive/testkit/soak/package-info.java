/**
 * Load and random faults for as long as one likes, against any adapter, with a verdict at the end;
 * see {@link dev.missive.testkit.soak.Soak}.
 */
@NullMarked
package dev.missive.testkit.soak;

import org.jspecify.annotations.NullMarked;
