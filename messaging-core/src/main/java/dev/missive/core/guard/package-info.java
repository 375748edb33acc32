/**
 * Interceptors that guard a handler and what it depends on: {@link
 * dev.missive.core.guard.CircuitBreaker} and {@link dev.missive.core.guard.Idempotency}. The engine
 * knows nothing of them.
 */
@NullMarked
package dev.missive.core.guard;

import org.jspecify.annotations.NullMarked;
