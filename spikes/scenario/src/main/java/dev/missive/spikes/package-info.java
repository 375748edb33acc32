/** What every spike has to pass, written once. */
@NullMarked
package dev.missive.spikes;

import org.jspecify.annotations.NullMarked;
