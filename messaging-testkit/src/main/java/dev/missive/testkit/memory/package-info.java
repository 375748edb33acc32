/**
 * The in-memory broker: an adapter like any other, and the server it talks to. Internal; {@link
 * dev.missive.testkit.MemoryBroker} is its doorway.
 */
@NullMarked
package dev.missive.testkit.memory;

import org.jspecify.annotations.NullMarked;
