package dev.missive.testkit.memory;

/**
 * What is wrong with a broker right now. Guarded by the server's lock; the volatile ones are read
 * without it.
 */
final class MemoryFaults {
  volatile boolean down;
  volatile boolean hung;
  volatile boolean refuseCredentials;
  boolean blocked;
  boolean forbidDeclares;
  boolean failDeadLetters;
  boolean withholdConfirms;
  int rejectNext;
  int loseConfirms;
  int duplicateNext;

  /** Whether the confirm of a message that was just stored is kept back. */
  boolean withholdConfirm() {
    if (loseConfirms > 0) {
      loseConfirms--;
      return true;
    }
    return withholdConfirms;
  }

  boolean rejects() {
    if (rejectNext > 0) {
      rejectNext--;
      return true;
    }
    return false;
  }

  boolean duplicates() {
    if (duplicateNext > 0) {
      duplicateNext--;
      return true;
    }
    return false;
  }
}
