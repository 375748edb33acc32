package dev.missive.testkit.contract;

import java.util.Locale;

/** Where a {@link Probe} lets its client die: around the copy that replaces a delivery. */
enum CrashPoint {
  /** A retry copy or dead letter is about to be sent. */
  BEFORE_COPY,
  /** The broker has stored it, and the client does not know yet. */
  COPY_STORED,
  /** The client knows, and is about to acknowledge what it replaces. */
  BEFORE_ACK,
  /** The acknowledgement was handed over. */
  AFTER_ACK;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
