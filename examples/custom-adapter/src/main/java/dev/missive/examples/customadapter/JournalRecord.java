package dev.missive.examples.customadapter;

import dev.missive.spi.Destination;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/**
 * One line of the journal: something that happened. What the broker knows is nothing but the sum of
 * them. A queue is named after its destination, a message after the place of its record, a member
 * (a subscription) after its session.
 */
sealed interface JournalRecord {
  /** A group that starts with what comes, or a message that is due at once. */
  long NOW = Long.MIN_VALUE;

  /** A topic was declared. */
  record Topic(String topic) implements JournalRecord {}

  /** A group and its dead letters were declared; {@code from} in milliseconds. */
  record Group(String topic, String group, boolean keyOrder, long from) implements JournalRecord {}

  /** A topic was deleted by an administrator, with its groups and what they held. */
  record Deleted(String topic) implements JournalRecord {}

  /**
   * A message was stored for a queue, or for all groups of a topic; {@code due} in milliseconds.
   */
  record Stored(String queue, long due, JournalMessage message) implements JournalRecord {}

  /** A member takes part in a queue from now on. */
  record Joined(String queue, String member) implements JournalRecord {}

  /** A member, or all of a session, is gone: what it held goes back. */
  record Left(String member) implements JournalRecord {}

  /** A member holds a message. */
  record Taken(String queue, String member, long at) implements JournalRecord {}

  /** A member is done with a message, or gave it back. */
  record Settled(String queue, String member, long at, boolean done) implements JournalRecord {}

  /** What a destination is called. */
  static String queue(Destination of) {
    if (of instanceof Destination.Topic to) {
      return "topic " + to.topic();
    } else if (of instanceof Destination.Group to) {
      return "group " + to.topic() + "." + to.group();
    } else if (of instanceof Destination.DeadLetters to) {
      return "dead letters " + to.topic() + "." + to.group();
    }
    throw new IllegalArgumentException("REQUEST is refused, so there is no " + of);
  }

  /** Whether a loss of power must not undo it: what a client was told is stored. */
  default boolean durable() {
    return this instanceof Topic || this instanceof Group || this instanceof Stored;
  }

  default void write(DataOutputStream out) throws IOException {
    if (this instanceof Topic r) {
      out.writeByte('t');
      out.writeUTF(r.topic);
    } else if (this instanceof Group r) {
      out.writeByte('g');
      out.writeUTF(r.topic);
      out.writeUTF(r.group);
      out.writeBoolean(r.keyOrder);
      out.writeLong(r.from);
    } else if (this instanceof Deleted r) {
      out.writeByte('d');
      out.writeUTF(r.topic);
    } else if (this instanceof Stored r) {
      out.writeByte('m');
      out.writeUTF(r.queue);
      out.writeLong(r.due);
      r.message.write(out);
    } else if (this instanceof Joined r) {
      out.writeByte('j');
      out.writeUTF(r.queue);
      out.writeUTF(r.member);
    } else if (this instanceof Left r) {
      out.writeByte('l');
      out.writeUTF(r.member);
    } else if (this instanceof Taken r) {
      out.writeByte('k');
      out.writeUTF(r.queue);
      out.writeUTF(r.member);
      out.writeLong(r.at);
    } else if (this instanceof Settled r) {
      out.writeByte('s');
      out.writeUTF(r.queue);
      out.writeUTF(r.member);
      out.writeLong(r.at);
      out.writeBoolean(r.done);
    }
  }

  static JournalRecord read(DataInputStream in) throws IOException {
    char kind = (char) in.readByte();
    return switch (kind) {
      case 't' -> new Topic(in.readUTF());
      case 'g' -> new Group(in.readUTF(), in.readUTF(), in.readBoolean(), in.readLong());
      case 'd' -> new Deleted(in.readUTF());
      case 'm' -> new Stored(in.readUTF(), in.readLong(), JournalMessage.read(in));
      case 'j' -> new Joined(in.readUTF(), in.readUTF());
      case 'l' -> new Left(in.readUTF());
      case 'k' -> new Taken(in.readUTF(), in.readUTF(), in.readLong());
      case 's' -> new Settled(in.readUTF(), in.readUTF(), in.readLong(), in.readBoolean());
      default -> throw new IOException("a newer version wrote a record of kind " + kind);
    };
  }
}
