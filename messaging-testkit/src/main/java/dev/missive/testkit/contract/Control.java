package dev.missive.testkit.contract;

import java.util.List;
import java.util.Map;

/**
 * What the contract can do to a broker beyond publishing and consuming. An author implements those
 * of the nested interfaces that the broker allows, in one class or in several, and hands them to
 * {@link BrokerUnderTest#control}. A clause that needs another one is reported as missing, or as
 * not applicable where {@link BrokerUnderTest#without} gives a reason.
 *
 * <p>Methods are called on test threads, may block until they are done, and throw what they like if
 * they fail.
 *
 * @since 0.1
 */
public interface Control {

  /**
   * Called after each test that used this control, also when it failed half-way: brings the broker
   * back to normal. Does nothing if it is normal.
   */
  default void mend() {}

  /** Restarts the broker; it keeps what it has stored. */
  interface Restart extends Control {
    /**
     * Stops the broker and starts it again; returns once it accepts connections.
     *
     * @return the ids of the processes that were killed, for the report; empty where the broker is
     *     none
     */
    List<Long> restart();
  }

  /** A restart that is only played, which the report says. */
  interface SimulatedRestart extends Restart {
    /**
     * What is not as at a real restart.
     *
     * @return goes into the report behind "simulated: "
     */
    String simulation();
  }

  /** Takes the broker away and brings it back, or makes it look so by a proxy. */
  interface Power extends Control {
    /** Cuts every connection and refuses new ones. */
    void down();

    /** Accepts connections again. */
    void up();
  }

  /** Cuts connections. */
  interface Cut extends Control {
    /**
     * Cuts every connection of the clients under test; new ones are accepted. Over a network the
     * cut falls into a frame: {@link dev.missive.testkit.proxy.SeededCut} does that to any broker
     * behind proxies, and {@link LiveControl} has it.
     */
    void cut();
  }

  /** A network that swallows everything while the sockets stay open. */
  interface Blackhole extends Control {
    /** From now on every byte disappears, in both directions. */
    void swallow();

    /** Ends it. */
    void pass();
  }

  /** Counts connections, usually a proxy. */
  interface Connections extends Control {
    /**
     * How many connections of the clients under test are open.
     *
     * @return zero or more
     */
    int connections();

    /**
     * How many connections clients have made so far.
     *
     * @return a number that grows; where nobody counts them, those that are open
     */
    default long made() {
      return connections();
    }
  }

  /** Makes the broker refuse the credentials of the settings. */
  interface Credentials extends Control {
    /**
     * From now on logins are refused; connections that stand are cut.
     *
     * @return other credentials, which are accepted from now on: values of those of {@link
     *     BrokerUnderTest#settings()} that are a {@link
     *     dev.missive.spi.BrokerProvider.Setting#credential}
     */
    Map<String, String> refuse();

    /** Logins succeed again. */
    void accept();

    /**
     * How many logins were refused, as the broker itself tells, in its log for instance.
     *
     * @return since any time before the test
     */
    long refusals();
  }

  /** Sees and deletes what is at the broker, behind the back of the clients. */
  interface Inventory extends Control {
    /**
     * Deletes a topic, its groups and what they hold.
     *
     * @param topic the topic
     */
    void deleteTopic(String topic);

    /**
     * Whether a topic exists at the broker.
     *
     * @param topic the topic
     * @return true if so; on a broker whose topics are nothing but their groups, if it has a group
     */
    boolean topicExists(String topic);

    /**
     * How many objects there are that should go with their client: reply queues, broadcast
     * subscriptions.
     *
     * @return zero or more
     */
    int temporary();
  }

  /** Changes a declared object, as an administrator would. */
  interface Tampering extends Control {
    /**
     * Makes the definition of a group differ from what Missive declares.
     *
     * @param topic its topic, declared, nobody consumes
     * @param group the group
     */
    void change(String topic, String group);
  }

  /** Permissions. */
  interface Permissions extends Control {
    /** Forbids declaring what does not exist. */
    void forbidDeclaring();

    /** Allows it again. */
    void allowDeclaring();
  }

  /** The broker's alarm, which makes it take no messages. */
  interface Alarm extends Control {
    /** Raises the alarm. */
    void block();

    /** Ends it. */
    void unblock();
  }

  /** A cluster that can lose its majority. */
  interface Quorum extends Control {
    /**
     * Takes nodes away until no message can be stored.
     *
     * @return the ids of the processes that were killed, for the report; empty where none was
     */
    List<Long> lose();

    /** Brings them back; does nothing if they are there. */
    void restore();
  }

  /** Confirms that get lost on the way back to the client. */
  interface Confirms extends Control {
    /** From now on messages are stored and no confirm reaches the client. */
    void lose();

    /** Confirms pass again; those that were lost stay lost. */
    void pass();
  }

  /** Clients of a broker in the same process, which cannot be killed with their JVM. */
  interface Abandon extends Control {
    /**
     * Lets a client die: its connection is gone, nothing was closed, it does nothing any more.
     *
     * @param application the setting {@code application} of the client
     */
    void abandon(String application);
  }

  /** Counts what the broker was asked to do. */
  interface Operations extends Control {
    /**
     * How many messages, declarations and subscriptions the broker has seen.
     *
     * @return a number that grows
     */
    long operations();
  }
}
