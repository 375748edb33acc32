/** The runtime of Missive. Internal: applications meet it through {@code dev.missive} alone. */
@NullMarked
package dev.missive.core;

import org.jspecify.annotations.NullMarked;
