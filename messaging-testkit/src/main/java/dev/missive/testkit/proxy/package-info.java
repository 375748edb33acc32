/** A TCP proxy that does to connections what networks do. */
@NullMarked
package dev.missive.testkit.proxy;

import org.jspecify.annotations.NullMarked;
