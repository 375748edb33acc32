package dev.missive.benchmarks;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.HashMap;
import java.util.Map;

/**
 * What the Java threads of this process have used until a moment: brokers run in processes of their
 * own, so this is the client's share. The JVM's own threads are left out, as its clock for the
 * whole process counts in steps of 10 ms; what they collect is shown as allocation.
 *
 * @param nanos the moment, of {@code System.nanoTime()}
 * @param cpuNanos CPU time by thread
 * @param allocated bytes by thread
 */
record Usage(long nanos, Map<Long, Long> cpuNanos, Map<Long, Long> allocated) {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  static Usage now() {
    long[] ids = THREADS.getAllThreadIds();
    long[] bytes = THREADS.getThreadAllocatedBytes(ids);
    long[] nanos = THREADS.getThreadCpuTime(ids);
    return new Usage(System.nanoTime(), byThread(ids, nanos), byThread(ids, bytes));
  }

  /** CPU time used since an earlier moment by the threads that live. */
  long cpuNanosSince(Usage earlier) {
    return since(earlier.cpuNanos, cpuNanos);
  }

  /** Bytes allocated since an earlier moment by the threads that live. */
  long allocatedSince(Usage earlier) {
    return since(earlier.allocated, allocated);
  }

  private static Map<Long, Long> byThread(long[] ids, long[] values) {
    Map<Long, Long> all = new HashMap<>(2 * ids.length);
    for (int i = 0; i < ids.length; i++) {
      // Less than zero for one that has just ended.
      if (values[i] > 0) {
        all.put(ids[i], values[i]);
      }
    }
    return all;
  }

  private static long since(Map<Long, Long> earlier, Map<Long, Long> later) {
    long sum = 0;
    for (Map.Entry<Long, Long> thread : later.entrySet()) {
      sum += thread.getValue() - earlier.getOrDefault(thread.getKey(), 0L);
    }
    return sum;
  }
}
