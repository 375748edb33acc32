package dev.missive.conformance;

/** What every area of clauses has: a lab of its own for each test. */
public interface Clauses {
  /** The lab of this test. */
  Lab lab();
}
