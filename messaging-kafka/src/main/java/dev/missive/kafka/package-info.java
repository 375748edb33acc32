/**
 * The adapter for Apache Kafka. Applications put it on their class path; what is public here is
 * found by name.
 */
@NullMarked
package dev.missive.kafka;

import org.jspecify.annotations.NullMarked;
