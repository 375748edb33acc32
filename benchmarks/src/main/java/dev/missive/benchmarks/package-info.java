/**
 * What Missive costs, measured beside what it stands on. {@code ./run bench} runs {@link
 * dev.missive.benchmarks.Bench}; the classes of JMH look at the paths of one message alone.
 */
@NullMarked
package dev.missive.benchmarks;

import org.jspecify.annotations.NullMarked;
