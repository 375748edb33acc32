package dev.missive.conformance.mutants;

/**
 * What came of the tests of one clause on one mutant.
 *
 * @param id of the mutant
 * @param clause its clause
 * @param defect what it does wrong
 * @param test the test that caught it; empty if none did
 * @param message what that test said
 * @param problem why it was not caught; empty if it was
 * @param millis how long it took
 */
record Verdict(
    String id,
    String clause,
    String defect,
    String test,
    String message,
    String problem,
    long millis) {}
