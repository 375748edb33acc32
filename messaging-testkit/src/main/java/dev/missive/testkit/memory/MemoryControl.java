package dev.missive.testkit.memory;

import dev.missive.Message;
import dev.missive.testkit.MemoryBroker;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The control room of one {@link MemoryServer}. Thread-safe. */
public final class MemoryControl implements MemoryBroker {
  private final MemoryServer server;

  private MemoryControl(MemoryServer server) {
    this.server = server;
  }

  /**
   * The control room of the server of this name.
   *
   * @param name as in the setting {@code memory.name}
   * @return the same server for the same name
   */
  public static MemoryBroker of(String name) {
    return new MemoryControl(MemoryServer.named(name));
  }

  @Override
  public void reset() {
    change(
        () -> {
          server.faults.mend();
          server.requiredUser = null;
          server.requiredPassword = null;
          server.refusals = 0;
          server.clear();
        });
    unhang();
    drop();
  }

  @Override
  public void close() {
    server.forget();
    reset();
    down();
  }

  @Override
  public void drop(String clientPart) {
    for (MemoryConnection connection : server.connections) {
      if (connection.clientName().contains(clientPart)) {
        connection.link().drop("the broker cut the connection");
      }
    }
  }

  @Override
  public void drop() {
    server.connections.forEach(
        connection -> connection.link().drop("the broker cut the connection"));
  }

  @Override
  public void down() {
    server.faults.down = true;
    server.connections.forEach(connection -> connection.link().drop("the broker went down"));
  }

  @Override
  public void up() {
    server.faults.down = false;
  }

  @Override
  public void restart() {
    server.connections.forEach(connection -> connection.link().drop("the broker restarts"));
  }

  @Override
  public void hang() {
    server.faults.hung = true;
  }

  @Override
  public void unhang() {
    server.faults.hung = false;
    server.hanging.forEach(MemoryLoop::resume);
  }

  @Override
  public void block() {
    change(() -> server.faults.blocked = true);
    server.connections.forEach(connection -> connection.link().blocked(true));
  }

  @Override
  public void unblock() {
    change(() -> server.faults.blocked = false);
    server.connections.forEach(connection -> connection.link().blocked(false));
  }

  @Override
  public void rejectNext(int messages) {
    change(() -> server.faults.rejectNext = messages);
  }

  @Override
  public void loseConfirms(int messages) {
    change(() -> server.faults.loseConfirms = messages);
  }

  @Override
  public void withholdConfirms() {
    change(() -> server.faults.withholdConfirms = true);
  }

  @Override
  public void releaseConfirms() {
    change(() -> server.faults.withholdConfirms = false);
    server.connections.forEach(connection -> connection.link().confirmHeld());
  }

  @Override
  public void duplicateNext(int messages) {
    change(() -> server.faults.duplicateNext = messages);
  }

  @Override
  public void deliverTwice(int messages) {
    change(() -> server.faults.deliverTwice = messages);
  }

  @Override
  public void failDeadLetters(boolean failing) {
    change(() -> server.faults.failDeadLetters = failing);
  }

  @Override
  public void refuseCredentials(boolean refusing) {
    server.faults.refuseCredentials = refusing;
  }

  @Override
  public void requireCredentials(String username, String password) {
    change(
        () -> {
          server.requiredUser = username;
          server.requiredPassword = password;
        });
  }

  @Override
  public long refusals() {
    return read(() -> server.refusals);
  }

  @Override
  public void forbidDeclares(boolean forbidding) {
    change(() -> server.faults.forbidDeclares = forbidding);
  }

  @Override
  public void abandon(String clientPart) {
    for (MemoryConnection connection : server.connections) {
      if (connection.clientName().contains(clientPart)) {
        connection.abandon();
      }
    }
  }

  @Override
  public void deleteTopic(String topic) {
    change(() -> server.catalog.deleteTopic(topic));
  }

  @Override
  public void deleteGroup(String topic, String group) {
    change(() -> server.catalog.deleteGroup(topic, group));
  }

  @Override
  public boolean hasTopic(String topic) {
    return read(() -> server.catalog.topic(topic) != null);
  }

  @Override
  public List<String> topicIds(String topic) {
    return ids(topicMessages(topic));
  }

  @Override
  public List<String> waitingIds(String topic, String group) {
    return ids(waitingMessages(topic, group));
  }

  @Override
  public List<String> deadLetterIds(String topic, String group) {
    return ids(deadLetterMessages(topic, group));
  }

  @Override
  public List<Message> topicMessages(String topic) {
    return read(
        () -> {
          MemoryTopic found = server.catalog.topic(topic);
          return found == null ? List.of() : List.copyOf(found.contents());
        });
  }

  @Override
  public List<Message> waitingMessages(String topic, String group) {
    return read(() -> contents(server.catalog.group(topic, group)));
  }

  @Override
  public List<Message> deadLetterMessages(String topic, String group) {
    return read(() -> contents(server.catalog.letters(topic, group)));
  }

  @Override
  public int subscriptions(String topic, String group) {
    return read(
        () -> {
          MemoryGroup found = server.catalog.group(topic, group);
          return found == null ? 0 : found.subscriptions.size();
        });
  }

  @Override
  public int inFlight(String topic, String group) {
    return read(
        () -> {
          MemoryGroup found = server.catalog.group(topic, group);
          return found == null ? 0 : found.inFlight();
        });
  }

  @Override
  public int connections() {
    return server.connections.size();
  }

  @Override
  public int temporaryObjects() {
    return read(server.catalog::temporary);
  }

  @Override
  public long operations() {
    return read(() -> server.operations);
  }

  private static List<Message> contents(@Nullable MemoryGroup group) {
    return group == null ? List.of() : List.copyOf(group.contents());
  }

  private static List<String> ids(List<Message> messages) {
    return messages.stream().map(Message::id).toList();
  }

  private void change(Runnable change) {
    read(
        () -> {
          change.run();
          return true;
        });
  }

  private <T> T read(Supplier<T> question) {
    server.lock.lock();
    try {
      return question.get();
    } finally {
      server.lock.unlock();
    }
  }
}
