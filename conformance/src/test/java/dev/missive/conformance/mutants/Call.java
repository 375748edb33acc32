package dev.missive.conformance.mutants;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Arrays;

/**
 * One call on its way to the real object.
 *
 * @param type the interface
 * @param target the real object
 * @param method what is called
 * @param args with what
 * @param wrapper puts the tap on what comes back
 * @param next another tap on the way; null if there is none
 */
record Call(Class<?> type, Object target, Method method, Object[] args, Wrapper wrapper, Tap next) {

  boolean is(Class<?> wanted, String name) {
    return type == wanted && method.getName().equals(name);
  }

  /** The first argument of this type. */
  <T> T arg(Class<T> wanted) {
    return Arrays.stream(args).filter(wanted::isInstance).map(wanted::cast).findFirst().get();
  }

  /** Whether an argument is of this type. */
  boolean has(Class<?> wanted) {
    return Arrays.stream(args).anyMatch(wanted::isInstance);
  }

  /** The real object. */
  <T> T target(Class<T> wanted) {
    return wanted.cast(target);
  }

  /** Goes on with the next tap or the real object. */
  Object proceed() throws Throwable {
    if (next != null) {
      return next.on(then(null));
    }
    try {
      return wrapper.result(method.invoke(target, args), this);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  /** The same call with another object in the place of the first argument of its type. */
  Call with(Class<?> wanted, Object changed) {
    Object[] others = args.clone();
    for (int i = 0; i < others.length; i++) {
      if (wanted.isInstance(others[i])) {
        others[i] = changed;
        break;
      }
    }
    return new Call(type, target, method, others, wrapper, next);
  }

  Call then(Tap other) {
    return new Call(type, target, method, args, wrapper, other);
  }

  /** Goes on later, on a thread of its own. */
  void beside() {
    MutantThreads.run(
        () -> {
          try {
            proceed();
          } catch (Throwable e) {
            throw new IllegalStateException(e);
          }
        });
  }
}
