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
  int deliverTwice;

  /** Whether the confirm of a message that was just stored never comes. */
  boolean losesConfirm() {
    if (loseConfirms > 0) {
      loseConfirms--;
      return true;
    }
    return false;
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

  /** Whether what was just handed out is handed out once more. */
  boolean deliversTwice() {
    if (deliverTwice > 0) {
      deliverTwice--;
      return true;
    }
    return false;
  }

  void mend() {
    down = false;
    refuseCredentials = false;
    blocked = false;
    forbidDeclares = false;
    failDeadLetters = false;
    withholdConfirms = false;
    rejectNext = 0;
    loseConfirms = 0;
    duplicateNext = 0;
    deliverTwice = 0;
  }
}
