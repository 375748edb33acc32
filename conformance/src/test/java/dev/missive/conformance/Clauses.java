package dev.missive.conformance;

/** What every area of clauses has: a lab of its own for each test. */
interface Clauses {
  Lab lab();
}
