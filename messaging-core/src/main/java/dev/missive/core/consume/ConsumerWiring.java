package dev.missive.core.consume;

import dev.missive.core.connect.Connection;
import dev.missive.core.publish.Outbox;
import dev.missive.spi.Time;
import java.util.concurrent.ThreadFactory;
import java.util.function.BooleanSupplier;

/**
 * What consumers need of their connection.
 *
 * @param connection the connection
 * @param outbox sends copies
 * @param copies makes them
 * @param time the clock
 * @param threads makes the threads of handlers
 * @param declaring puts the topology in place
 * @param consumers keeps those that were started
 * @param runtimeThread whether the caller is a thread without which nothing ends, so that it must
 *     not wait for an end
 */
public record ConsumerWiring(
    Connection connection,
    Outbox outbox,
    Copies copies,
    Time time,
    ThreadFactory threads,
    Declaring declaring,
    Consumers consumers,
    BooleanSupplier runtimeThread) {}
