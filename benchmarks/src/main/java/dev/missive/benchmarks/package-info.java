/**
 * What Missive costs, measured beside what it stands on. Run {@link
 * dev.missive.benchmarks.EndToEnd}.
 */
@NullMarked
package dev.missive.benchmarks;

import org.jspecify.annotations.NullMarked;
