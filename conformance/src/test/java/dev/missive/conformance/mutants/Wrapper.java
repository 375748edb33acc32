package dev.missive.conformance.mutants;

import dev.missive.AsyncHandler;
import dev.missive.BatchHandler;
import dev.missive.Consumer;
import dev.missive.DeadLetters;
import dev.missive.Handler;
import dev.missive.Messaging;
import dev.missive.OutcomeHandler;
import dev.missive.Producer;
import dev.missive.ReceivedMessage;
import dev.missive.ReplyHandler;
import dev.missive.Requester;
import dev.missive.Router;
import dev.missive.Topology;
import dev.missive.TypedHandler;
import dev.missive.TypedProducer;
import dev.missive.spi.Admin;
import dev.missive.spi.AtomicSender;
import dev.missive.spi.Broker;
import dev.missive.spi.BrokerContext;
import dev.missive.spi.BrokerProvider;
import dev.missive.spi.Delivery;
import dev.missive.spi.DeliveryListener;
import dev.missive.spi.Seeker;
import dev.missive.spi.Sender;
import dev.missive.spi.Subscription;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Puts a {@link Tap} on an object and on everything it hands out or is handed, on both sides of the
 * runtime: the SPI below it and the API above it. Thread-safe.
 */
final class Wrapper {
  private static final Set<Class<?>> SPI =
      Set.of(
          BrokerProvider.class,
          BrokerContext.class,
          Broker.class,
          Sender.class,
          Sender.Result.class,
          AtomicSender.class,
          Seeker.class,
          Subscription.class,
          DeliveryListener.class,
          Delivery.class,
          Admin.class);
  private static final Set<Class<?>> API =
      Set.of(
          Messaging.Builder.class,
          Messaging.class,
          Producer.Builder.class,
          Producer.class,
          TypedProducer.class,
          Consumer.Builder.class,
          Consumer.class,
          Handler.class,
          OutcomeHandler.class,
          AsyncHandler.class,
          BatchHandler.class,
          ReplyHandler.class,
          TypedHandler.class,
          ReceivedMessage.class,
          Router.class,
          Requester.class,
          Topology.class,
          DeadLetters.class,
          DeadLetters.Cursor.class);

  private final Map<Class<?>, Map<Object, Object>> made = new ConcurrentHashMap<>();
  private final Tap tap;

  Wrapper(Tap tap) {
    this.tap = tap;
  }

  /** The object with the tap on it; the same for the same object. */
  <T> T wrap(Class<T> type, T inner) {
    Map<Object, Object> known =
        made.computeIfAbsent(type, any -> Collections.synchronizedMap(new IdentityHashMap<>()));
    return type.cast(known.computeIfAbsent(inner, any -> proxy(type, inner)));
  }

  /** What a call gave, wrapped as well. */
  Object result(Object given, Call call) {
    if (given instanceof Optional<?> optional) {
      return optional.map(
          part ->
              part instanceof AtomicSender || part instanceof Seeker
                  ? wrapAny(part instanceof Seeker ? Seeker.class : AtomicSender.class, part)
                  : part);
    }
    return wrapAny(call.method().getReturnType(), given);
  }

  private Object wrapAny(Class<?> declared, Object given) {
    boolean ours = SPI.contains(declared) || API.contains(declared);
    return given == null || !ours ? given : wrapRaw(declared, given);
  }

  private <T> T wrapRaw(Class<T> declared, Object given) {
    return wrap(declared, declared.cast(given));
  }

  private <T> Object proxy(Class<T> type, T inner) {
    return Proxy.newProxyInstance(
        Wrapper.class.getClassLoader(),
        new Class<?>[] {type},
        (self, method, args) ->
            method.getDeclaringClass() == Object.class
                ? identity(self, inner, method, args)
                : tap.on(new Call(type, inner, method, arguments(method, args), this, null)));
  }

  private Object[] arguments(Method method, Object[] args) {
    Object[] given = args == null ? new Object[0] : args.clone();
    for (int i = 0; i < given.length; i++) {
      given[i] = wrapAny(method.getParameterTypes()[i], given[i]);
    }
    return given;
  }

  private static Object identity(Object self, Object inner, Method method, Object[] args) {
    return switch (method.getName()) {
      case "equals" -> self == args[0];
      case "hashCode" -> System.identityHashCode(self);
      default -> inner.toString();
    };
  }
}
