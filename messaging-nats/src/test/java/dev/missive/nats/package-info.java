/** Tests against real servers. */
@NullMarked
package dev.missive.nats;

import org.jspecify.annotations.NullMarked;
