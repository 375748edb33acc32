package dev.missive.testkit;

import dev.missive.testkit.memory.MemoryControl;
import java.util.List;

/**
 * The control room of one in-memory broker: what is in it, and what shall go wrong with it.
 * Thread-safe.
 *
 * <p>A broker is named by the setting {@code memory.name} and comes into being with the first
 * connection; it outlives its connections, until {@link #reset()}.
 *
 * @since 0.1
 */
public interface MemoryBroker {

  /**
   * The broker of this name.
   *
   * @param name as in {@code memory.name}
   * @return its control room
   */
  static MemoryBroker named(String name) {
    return MemoryControl.of(name);
  }

  /** Forgets everything and mends every fault. Connections that are open are cut. */
  void reset();

  /** Cuts every connection; they come back by themselves. */
  void drop();

  /** Cuts every connection and refuses new ones. */
  void down();

  /** Accepts connections again. */
  void up();

  /** Cuts every connection, keeping what is stored, as a restart does. */
  void restart();

  /** Answers nothing any more while connections stay open. */
  void hang();

  /** Answers again. */
  void unhang();

  /** Takes no messages, and says so. */
  void block();

  /** Takes messages again. */
  void unblock();

  /**
   * Refuses to store messages.
   *
   * @param messages how many of the next ones
   */
  void rejectNext(int messages);

  /**
   * Stores messages and never confirms them; their result comes when the connection goes.
   *
   * @param messages how many of the next ones
   */
  void loseConfirms(int messages);

  /** Stores messages and keeps every confirm back. */
  void withholdConfirms();

  /** Sends the confirms that were kept back, and from now on at once. */
  void releaseConfirms();

  /**
   * Delivers messages twice.
   *
   * @param messages how many of the next ones
   */
  void duplicateNext(int messages);

  /**
   * Refuses to store dead letters.
   *
   * @param failing false mends it
   */
  void failDeadLetters(boolean failing);

  /**
   * Refuses every login.
   *
   * @param refusing false mends it
   */
  void refuseCredentials(boolean refusing);

  /**
   * Wants these credentials of every new connection.
   *
   * @param username who
   * @param password the password
   */
  void requireCredentials(String username, String password);

  /**
   * Permits no declaration of what is not there.
   *
   * @param forbidding false mends it
   */
  void forbidDeclares(boolean forbidding);

  /**
   * Lets clients die: their connections are gone and they do nothing any more, without closing
   * anything.
   *
   * @param clientPart part of the client's name, the setting {@code application}
   */
  void abandon(String clientPart);

  /**
   * Deletes a topic with its groups.
   *
   * @param topic the topic
   */
  void deleteTopic(String topic);

  /**
   * Deletes a group.
   *
   * @param topic its topic
   * @param group the group
   */
  void deleteGroup(String topic, String group);

  /**
   * Whether a topic exists.
   *
   * @param topic the topic
   * @return true if so
   */
  boolean hasTopic(String topic);

  /**
   * The ids a topic still holds.
   *
   * @param topic the topic
   * @return in the order they were stored
   */
  List<String> topicIds(String topic);

  /**
   * The ids that wait for a group.
   *
   * @param topic its topic
   * @param group the group
   * @return in the order they came
   */
  List<String> waitingIds(String topic, String group);

  /**
   * The ids of the dead letters of a group that nobody holds.
   *
   * @param topic its topic
   * @param group the group
   * @return in the order they came
   */
  List<String> deadLetterIds(String topic, String group);

  /**
   * How many deliveries of a group are unsettled.
   *
   * @param topic its topic
   * @param group the group
   * @return zero or more
   */
  int inFlight(String topic, String group);

  /**
   * How many connections are open.
   *
   * @return zero or more
   */
  int connections();

  /**
   * How many reply addresses and broadcast queues there are.
   *
   * @return zero or more
   */
  int temporaryObjects();

  /**
   * How many messages, declarations and subscriptions it has seen.
   *
   * @return a number that grows
   */
  long operations();
}
