package dev.missive.testkit.memory;

/** Patterns of topics: {@code *} is one token, a last {@code >} one or more. */
final class MemoryPatterns {
  private MemoryPatterns() {}

  static boolean isPattern(String topic) {
    return topic.indexOf('*') >= 0 || topic.indexOf('>') >= 0;
  }

  static boolean matches(String pattern, String topic) {
    return matches(pattern.split("\\."), topic.split("\\."));
  }

  private static boolean matches(String[] pattern, String[] topic) {
    for (int i = 0; i < pattern.length; i++) {
      if (pattern[i].equals(">")) {
        return topic.length > i;
      }
      if (i >= topic.length || !pattern[i].equals("*") && !pattern[i].equals(topic[i])) {
        return false;
      }
    }
    return pattern.length == topic.length;
  }
}
