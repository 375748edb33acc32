package dev.missive.core.publish;

import java.time.Duration;

/**
 * How to publish.
 *
 * @param window how many messages may be unacknowledged per connection
 * @param windowBytes how many bytes of them
 * @param deadline until when a publish is tried
 * @param maxBytes the largest message, body and headers
 */
public record PublishSettings(int window, long windowBytes, Duration deadline, long maxBytes) {}
