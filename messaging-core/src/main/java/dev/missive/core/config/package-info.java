/** Settings: where they come from, what they may be, and how they are shown. */
@NullMarked
package dev.missive.core.config;

import org.jspecify.annotations.NullMarked;
