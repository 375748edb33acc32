/** NATS JetStream through the SPI, to see whether it fits; not the adapter. */
@NullMarked
package dev.missive.spikes.nats;

import org.jspecify.annotations.NullMarked;
