package dev.missive.core;

import dev.missive.spi.Broker;
import dev.missive.spi.BrokerContext;
import dev.missive.spi.BrokerProvider;
import dev.missive.testkit.memory.MemoryBrokerProvider;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The in-memory broker behind an adapter that does what a test wants. */
public final class HookedProvider implements BrokerProvider {
  /** The name of this adapter, for the setting {@code broker}. */
  public static final String NAME = "hooked";

  /** Stands between the runtime and one part of the adapter. */
  @FunctionalInterface
  public interface Hook {
    /**
     * Answers a call.
     *
     * @param call the name of its method
     * @param arguments what it is called with; may be changed
     * @param real what the in-memory broker does
     * @return what the runtime gets
     * @throws Throwable for the runtime
     */
    @Nullable Object answer(String call, Object[] arguments, Real real) throws Throwable;
  }

  /** The call that was made. */
  @FunctionalInterface
  public interface Real {
    /**
     * Makes it.
     *
     * @return its result
     * @throws Throwable its failure
     */
    @Nullable Object call() throws Throwable;
  }

  private final MemoryBrokerProvider memory = new MemoryBrokerProvider();
  private final Hook hook;

  /**
   * Makes one.
   *
   * @param hook answers the calls of the broker
   */
  public HookedProvider(Hook hook) {
    this.hook = hook;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public List<Setting> settings() {
    return memory.settings();
  }

  @Override
  public Broker create(BrokerContext context) {
    return hooked(Broker.class, memory.create(context), hook);
  }

  /**
   * Wraps a part of the adapter.
   *
   * @param type its interface
   * @param part the real one
   * @param hook answers its calls
   * @param <T> its interface
   * @return the same with answers of the test's
   */
  public static <T> T hooked(Class<T> type, T part, Hook hook) {
    return type.cast(
        Proxy.newProxyInstance(
            HookedProvider.class.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) ->
                hook.answer(
                    method.getName(),
                    arguments == null ? new Object[0] : arguments,
                    () -> {
                      try {
                        return method.invoke(part, arguments);
                      } catch (InvocationTargetException e) {
                        throw e.getCause();
                      }
                    })));
  }
}
