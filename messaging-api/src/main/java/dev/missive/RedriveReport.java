package dev.missive;

/**
 * What a redrive did.
 *
 * @param redriven sent to their group and removed; in a dry run, those that would be
 * @param filtered left because the filter did not want them
 * @param looping left because they were dead-lettered five times or more
 * @param foreign left because they do not say where they came from
 * @param dryRun whether nothing was changed
 * @since 0.1
 */
public record RedriveReport(
    long redriven, long filtered, long looping, long foreign, boolean dryRun) {}
