/**
 * Tests without a broker: {@link dev.missive.testkit.MemoryBroker}, {@link
 * dev.missive.testkit.VirtualTime}.
 */
@NullMarked
package dev.missive.testkit;

import org.jspecify.annotations.NullMarked;
