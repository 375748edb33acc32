/** Tests of the adapter; those tagged {@code broker} run on a real RabbitMQ. */
@NullMarked
package dev.missive.rabbitmq;

import org.jspecify.annotations.NullMarked;
