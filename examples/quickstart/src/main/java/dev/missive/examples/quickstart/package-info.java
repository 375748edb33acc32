/**
 * The main job of Missive in one small application. Start at {@link
 * dev.missive.examples.quickstart.Quickstart}.
 */
@NullMarked
package dev.missive.examples.quickstart;

import org.jspecify.annotations.NullMarked;
