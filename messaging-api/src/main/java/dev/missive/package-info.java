/**
 * The application's view of Missive: publish and consume messages without knowing the broker.
 *
 * <p>Start at {@link dev.missive.Messaging}. Everything here is an interface, record, enum or
 * exception; the runtime behind it ({@code messaging-core}) is found by {@link
 * java.util.ServiceLoader}, and so is the adapter of the broker.
 */
@NullMarked
package dev.missive;

import org.jspecify.annotations.NullMarked;
