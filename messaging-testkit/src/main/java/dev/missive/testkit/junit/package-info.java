/**
 * Tests of applications with JUnit: {@link dev.missive.testkit.junit.MessagingTest}. Needs {@code
 * junit-jupiter-api}; the rest of the testkit does not.
 */
@NullMarked
package dev.missive.testkit.junit;

import org.jspecify.annotations.NullMarked;
