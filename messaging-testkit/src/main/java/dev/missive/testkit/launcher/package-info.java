/**
 * Real brokers for tests: started as private processes, killed, paused, restarted, clustered.
 *
 * <p>{@link dev.missive.testkit.launcher.Brokers} is where to begin.
 */
@NullMarked
package dev.missive.testkit.launcher;

import org.jspecify.annotations.NullMarked;
