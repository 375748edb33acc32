package dev.missive.core.config;

/**
 * A value as a source gives it.
 *
 * @param text not parsed yet
 * @param origin where it stands, for people
 */
record Found(String text, String origin) {}
