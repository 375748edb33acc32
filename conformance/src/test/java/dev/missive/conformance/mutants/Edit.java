package dev.missive.conformance.mutants;

import dev.missive.Message;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** Messages that differ in one part; also in parts that the API lets nobody set. */
final class Edit {
  private Edit() {}

  /** Answers something else for some of its methods. */
  static <T extends Message> T parts(Class<T> type, T message, Map<String, Object> answers) {
    return type.cast(
        Proxy.newProxyInstance(
            Edit.class.getClassLoader(),
            new Class<?>[] {type},
            (self, method, args) -> {
              if (answers.containsKey(method.getName())) {
                return answers.get(method.getName());
              }
              try {
                return method.invoke(message, args);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            }));
  }

  static Message part(Message message, String method, Object answer) {
    Map<String, Object> answers = new HashMap<>();
    answers.put(method, answer);
    return parts(Message.class, message, answers);
  }

  static Message payload(Message message, byte[] payload) {
    Map<String, Object> answers = new HashMap<>();
    answers.put("body", payload == null ? null : ByteBuffer.wrap(payload).asReadOnlyBuffer());
    answers.put("payload", payload);
    return parts(Message.class, message, answers);
  }

  static Message key(Message message, byte[] key) {
    Map<String, Object> answers = new HashMap<>();
    answers.put("keyBuffer", key == null ? null : ByteBuffer.wrap(key).asReadOnlyBuffer());
    answers.put("key", key);
    return parts(Message.class, message, answers);
  }

  /** A header more, or another value; without it if the value is null. */
  static Message header(Message message, String name, String value) {
    Map<String, String> headers = new HashMap<>(message.headers());
    if (value == null) {
      headers.remove(name);
    } else {
      headers.put(name, value);
    }
    return part(message, "headers", Map.copyOf(headers));
  }

  static String text(Message message) {
    byte[] payload = message.payload();
    return payload == null ? "" : new String(payload, StandardCharsets.UTF_8);
  }
}
