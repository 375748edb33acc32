@NullMarked
package dev.missive.examples.quickstart;

import org.jspecify.annotations.NullMarked;
