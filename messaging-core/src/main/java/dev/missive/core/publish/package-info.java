/** The way out: checks, interceptors, window, deadline, resend, receipt. */
@NullMarked
package dev.missive.core.publish;

import org.jspecify.annotations.NullMarked;
