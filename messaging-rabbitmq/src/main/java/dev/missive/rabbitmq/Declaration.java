package dev.missive.rabbitmq;

import com.rabbitmq.client.Channel;
import java.io.IOException;
import java.util.Map;

/**
 * An exchange or a queue as it should be; both are durable.
 *
 * @param queue whether it is a queue
 * @param name what it is called
 * @param type of an exchange how it routes, of a queue how it stores
 * @param arguments everything else
 */
record Declaration(boolean queue, String name, String type, Map<String, Object> arguments) {

  static Declaration exchange(String name, String type, Map<String, Object> arguments) {
    return new Declaration(false, name, type, arguments);
  }

  static Declaration queue(String name, Map<String, Object> arguments) {
    return new Declaration(true, name, String.valueOf(arguments.get("x-queue-type")), arguments);
  }

  /** Makes it. Where it is as it should be nothing changes; a difference closes the channel. */
  void make(Channel channel) throws IOException {
    if (queue) {
      channel.queueDeclare(name, true, false, false, arguments);
    } else {
      channel.exchangeDeclare(name, type, true, false, arguments);
    }
  }

  /** Like {@link #make}, but does not wait: the next request that does shows a failure. */
  void send(Channel channel) throws IOException {
    if (queue) {
      channel.queueDeclareNoWait(name, true, false, false, arguments);
    } else {
      channel.exchangeDeclareNoWait(name, type, true, false, false, arguments);
    }
  }

  /** Looks whether there is something of that name; if not, that closes the channel. */
  void look(Channel channel) throws IOException {
    if (queue) {
      channel.queueDeclarePassive(name);
    } else {
      channel.exchangeDeclarePassive(name);
    }
  }

  /** What people call it. */
  String object() {
    return (queue ? "queue " : "exchange ") + name;
  }
}
