package dev.missive.core.publish;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;

/**
 * Names of topics, groups and patterns (semantics, "Limits and names"): what every broker can
 * carry.
 */
public final class Names {
  private static final int TOPIC_LENGTH = 120;
  private static final int GROUP_LENGTH = 64;
  private static final String TOPIC_RULE =
      "must be tokens of [A-Za-z0-9_-] joined by dots, at most 120 characters, starting with a letter or digit, the last token not \"dlq\" or \"retry\", and not begin with"
          + " \"missive.\" or \"amq.\"";

  private Names() {}

  /**
   * Checks a topic.
   *
   * @param topic the topic
   * @throws MessagingException NAME_INVALID
   */
  public static void topic(String topic) {
    if (!validTopic(topic)) {
      throw new MessagingException(
          ErrorCode.NAME_INVALID, "the topic \"" + printable(topic) + "\" " + TOPIC_RULE);
    }
  }

  /**
   * Checks a group.
   *
   * @param group the group
   * @throws MessagingException NAME_INVALID
   */
  public static void group(String group) {
    boolean valid =
        tokens(group) == 1
            && group.length() <= GROUP_LENGTH
            && !group.equals("dlq")
            && !group.equals("retry");
    if (!valid) {
      throw new MessagingException(
          ErrorCode.NAME_INVALID,
          "the group \""
              + printable(group)
              + "\" must be one token of [A-Za-z0-9_-], at most "
              + GROUP_LENGTH
              + " characters, not \"dlq\" or \"retry\"");
    }
  }

  /**
   * Whether it has a wildcard.
   *
   * @param topic a topic or a pattern
   * @return true if so
   */
  public static boolean isPattern(String topic) {
    return topic.indexOf('*') >= 0 || topic.indexOf('>') >= 0;
  }

  /**
   * Checks a pattern.
   *
   * @param pattern the pattern
   * @throws MessagingException NAME_INVALID
   */
  public static void pattern(String pattern) {
    String[] tokens = pattern.split("\\.", -1);
    boolean valid = pattern.length() <= TOPIC_LENGTH;
    for (int i = 0; i < tokens.length; i++) {
      boolean wildcard = tokens[i].equals("*") || tokens[i].equals(">") && i == tokens.length - 1;
      valid &= wildcard || tokens(tokens[i]) == 1;
    }
    if (!valid) {
      throw new MessagingException(
          ErrorCode.NAME_INVALID,
          "the pattern \""
              + printable(pattern)
              + "\" must be tokens of [A-Za-z0-9_-] joined by dots, where * stands for one token and a last > for one or more");
    }
  }

  /** Without control characters and not too long, for messages. */
  static String printable(String name) {
    String shown = name.length() > TOPIC_LENGTH ? name.substring(0, TOPIC_LENGTH) + "…" : name;
    return shown.replaceAll("\\p{Cntrl}", "?");
  }

  private static boolean validTopic(String topic) {
    if (topic.length() > TOPIC_LENGTH
        || tokens(topic) == 0
        || topic.startsWith("missive.")
        || topic.startsWith("amq.")) {
      return false;
    }
    char first = topic.charAt(0);
    String last = topic.substring(topic.lastIndexOf('.') + 1);
    return first != '_' && first != '-' && !last.equals("dlq") && !last.equals("retry");
  }

  /** How many tokens there are; 0 if there is an empty one or another character. */
  private static int tokens(String name) {
    int tokens = 0;
    int length = 0;
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c == '.') {
        if (length == 0) {
          return 0;
        }
        tokens++;
        length = 0;
      } else if (c >= 'a' && c <= 'z'
          || c >= 'A' && c <= 'Z'
          || c >= '0' && c <= '9'
          || c == '_'
          || c == '-') {
        length++;
      } else {
        return 0;
      }
    }
    return length == 0 ? 0 : tokens + 1;
  }
}
