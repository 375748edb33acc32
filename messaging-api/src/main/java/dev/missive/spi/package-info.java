/**
 * The adapter author's view of Missive: ten types that move bytes between the runtime and one
 * broker.
 *
 * <p>Start at {@link dev.missive.spi.BrokerProvider}. The runtime alone decides what happens to a
 * message (retry, delay, dead letter, redrive); an adapter only sends to a {@link
 * dev.missive.spi.Destination}, pushes deliveries, settles them and reports its connection.
 */
@NullMarked
package dev.missive.spi;

import org.jspecify.annotations.NullMarked;
