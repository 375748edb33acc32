/**
 * Missive in an application that is wired by Guice: start at {@link
 * dev.missive.guice.MessagingModule}.
 */
@NullMarked
package dev.missive.guice;

import org.jspecify.annotations.NullMarked;
