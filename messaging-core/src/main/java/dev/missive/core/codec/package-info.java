/** Objects to bytes and back, by content type. */
@NullMarked
package dev.missive.core.codec;

import org.jspecify.annotations.NullMarked;
