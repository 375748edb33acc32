/** Throw-away: Kafka through the SPI. */
package dev.missive.spikes.kafka;
