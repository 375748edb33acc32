package dev.missive.testkit;

import dev.missive.Header;
import dev.missive.Message;
import dev.missive.testkit.memory.MemoryControl;
import java.util.List;

/**
 * The control room of one in-memory broker: what is in it, and what shall go wrong with it.
 * Thread-safe.
 *
 * <p>A broker is named by the setting {@code memory.name} and comes into being with the first
 * connection or with {@link #named}; it outlives its connections, until {@link #reset()} empties it
 * or {@link #close()} ends it.
 *
 * @since 0.1
 */
public interface MemoryBroker extends AutoCloseable {

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

  /**
   * Ends this broker, so that nothing of it stays in memory: forgets everything, cuts connections
   * that are open and lets none in again. What is opened later under its name is another broker.
   * Idempotent.
   */
  @Override
  void close();

  /** Cuts every connection; they come back by themselves. */
  void drop();

  /**
   * Cuts the connections of some clients; they come back by themselves.
   *
   * @param clientPart part of the client's name, the setting {@code application}
   */
  void drop(String clientPart);

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
   * Stores messages twice, as after a publish that was repeated because its confirm was lost: every
   * group gets both, with the same id.
   *
   * @param messages how many of the next ones that are published to a topic
   */
  void duplicateNext(int messages);

  /**
   * Hands messages out twice, as after an acknowledgement that was lost: stored once, and delivered
   * a second time to some subscription of the same group.
   *
   * @param messages how many of the next ones that are handed out
   */
  void deliverTwice(int messages);

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
   * How many logins were refused.
   *
   * @return since it was made or {@link #reset()}
   */
  long refusals();

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
   * The messages a topic still holds, as they were stored.
   *
   * @param topic the topic
   * @return in the order they were stored; empty if there is no such topic
   */
  List<Message> topicMessages(String topic);

  /**
   * The messages that wait for a group, as they were stored: those of the topic, and copies for
   * this group alone with the headers of {@link Header}.
   *
   * @param topic its topic
   * @param group the group
   * @return in the order they came; empty if there is no such group
   */
  List<Message> waitingMessages(String topic, String group);

  /**
   * The dead letters of a group that nobody holds, as they were stored.
   *
   * @param topic its topic
   * @param group the group
   * @return in the order they came; empty if there is no such group
   */
  List<Message> deadLetterMessages(String topic, String group);

  /**
   * How many subscriptions take from a group.
   *
   * @param topic its topic
   * @param group the group
   * @return zero or more
   */
  int subscriptions(String topic, String group);

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
