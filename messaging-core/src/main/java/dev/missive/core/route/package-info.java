/** Handlers and producers of decoded objects. */
@NullMarked
package dev.missive.core.route;

import org.jspecify.annotations.NullMarked;
