package dev.missive.conformance.mutants;

/** Sees every call of the wrapped interfaces, and may change, repeat or swallow it. */
@FunctionalInterface
interface Tap {
  /** Changes nothing. */
  Tap NOTHING = Call::proceed;

  /** What the call is to answer. */
  Object on(Call call) throws Throwable;

  /** Breaks one method of one interface. */
  static Tap on(Class<?> type, String method, Tap broken) {
    return call -> call.is(type, method) ? broken.on(call) : call.proceed();
  }

  /** Both defects. */
  default Tap and(Tap other) {
    return call -> on(call.then(other));
  }
}
