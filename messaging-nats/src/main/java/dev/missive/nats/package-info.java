/**
 * Missive on NATS JetStream. Applications need nothing from here but the module on their class
 * path; {@link dev.missive.nats.NatsModule} and {@link dev.missive.nats.NatsNames} are for those
 * who want other names or options.
 */
@NullMarked
package dev.missive.nats;

import org.jspecify.annotations.NullMarked;
