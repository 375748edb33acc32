package dev.missive;

import org.jspecify.annotations.Nullable;

/**
 * The broker has taken responsibility for a message.
 *
 * @param id the id of the message
 * @param position where it was stored, null where the broker has no positions or does not tell
 * @since 0.1
 */
public record Receipt(String id, @Nullable Position position) {}
