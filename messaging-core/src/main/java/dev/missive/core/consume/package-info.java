/** The way in: intake, key lanes, handlers, outcomes, copies, settlement, drain. */
@NullMarked
package dev.missive.core.consume;

import org.jspecify.annotations.NullMarked;
