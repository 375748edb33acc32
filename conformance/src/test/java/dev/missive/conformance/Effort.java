package dev.missive.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.function.Supplier;

/**
 * What calls cost the thread that makes them, whatever else the machine does meanwhile.
 *
 * @param waits how often it waited for something, a lock or a time
 * @param longest how long it kept a processor busy with one of them at most
 */
record Effort(long waits, Duration longest) {
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  /** Makes the same call so many times. */
  static Effort of(Supplier<?> call, int times) {
    long before = waitsSoFar();
    long longest = 0;
    for (int i = 0; i < times; i++) {
      long began = THREADS.getCurrentThreadCpuTime();
      assertThat(call.get()).isNotNull();
      longest = Math.max(longest, THREADS.getCurrentThreadCpuTime() - began);
    }
    return new Effort(waitsSoFar() - before, Duration.ofNanos(longest));
  }

  private static long waitsSoFar() {
    ThreadInfo self = THREADS.getThreadInfo(Thread.currentThread().getId());
    return self.getWaitedCount() + self.getBlockedCount();
  }
}
