package dev.missive.core.consume;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Objects;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Makes the threads of handlers: virtual where the JVM has them (21 or later), else daemons. */
public final class HandlerThreads {
  private static final @Nullable MethodHandle VIRTUAL = virtual();

  private HandlerThreads() {}

  /**
   * A factory of threads with this prefix and a running number.
   *
   * @param prefix the name without its number
   * @return the factory
   */
  public static ThreadFactory named(String prefix) {
    AtomicInteger count = new AtomicInteger();
    return task -> {
      String name = prefix + "-" + count.incrementAndGet();
      Thread thread = VIRTUAL == null ? platform(task) : virtual(task);
      thread.setName(name);
      return thread;
    };
  }

  private static Thread platform(Runnable task) {
    Thread thread = new Thread(task);
    thread.setDaemon(true);
    return thread;
  }

  private static Thread virtual(Runnable task) {
    try {
      return (Thread) Objects.requireNonNull(VIRTUAL).invoke(task);
    } catch (Throwable t) {
      throw new IllegalStateException("virtual threads do not work on this JVM", t);
    }
  }

  /**
   * {@code Thread.ofVirtual().unstarted(task)}, which this code cannot name because it runs on 17
   * too.
   */
  private static @Nullable MethodHandle virtual() {
    try {
      MethodHandles.Lookup lookup = MethodHandles.publicLookup();
      Class<?> builder = Class.forName("java.lang.Thread$Builder");
      Class<?> ofVirtual = Class.forName("java.lang.Thread$Builder$OfVirtual");
      MethodHandle make =
          lookup.findStatic(Thread.class, "ofVirtual", MethodType.methodType(ofVirtual));
      MethodHandle unstarted =
          lookup.findVirtual(
              builder, "unstarted", MethodType.methodType(Thread.class, Runnable.class));
      MethodHandle both =
          MethodHandles.collectArguments(
              unstarted.asType(MethodType.methodType(Thread.class, ofVirtual, Runnable.class)),
              0,
              make);
      return both.asType(MethodType.methodType(Thread.class, Runnable.class));
    } catch (ReflectiveOperationException e) {
      return null;
    }
  }
}
