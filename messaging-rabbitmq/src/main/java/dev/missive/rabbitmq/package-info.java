/**
 * Missive on RabbitMQ, AMQP 0-9-1.
 *
 * <p>Put {@code messaging-rabbitmq} on the class path; the settings start with {@code rabbitmq.}.
 * Parts are overridden in code through {@link dev.missive.rabbitmq.RabbitModule} or {@link
 * dev.missive.rabbitmq.RabbitBrokerProvider}.
 */
@NullMarked
package dev.missive.rabbitmq;

import org.jspecify.annotations.NullMarked;
