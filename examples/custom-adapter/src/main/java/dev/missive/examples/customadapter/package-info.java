/**
 * An adapter that keeps its messages in one file of a directory, shared by any number of processes
 * of one machine. It is here to be read; docs/adapter-guide.md walks through it.
 */
@NullMarked
package dev.missive.examples.customadapter;

import org.jspecify.annotations.NullMarked;
