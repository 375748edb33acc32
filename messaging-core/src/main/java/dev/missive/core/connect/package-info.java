/** The connection to the broker: first attempts, states, and the threads that nobody else owns. */
@NullMarked
package dev.missive.core.connect;

import org.jspecify.annotations.NullMarked;
