package dev.missive.kafka;

import dev.missive.DeadLetters;
import dev.missive.Messaging;
import java.io.IOException;
import java.util.List;

/** A client that is killed while it moves dead letters; a program of its own. */
final class LetterVictim {
  private LetterVictim() {}

  /**
   * Discards every second letter, and moves the others when it closes its cursor.
   *
   * @param args broker, topic, group, how many letters there are
   * @throws IOException if nobody kills it and its input fails
   */
  public static void main(String[] args) throws IOException {
    Messaging messaging =
        KafkaLab.open(
            args[0], "classic", "kafka.metadata-bytes", "16", "kafka.commit-interval", "1h");
    DeadLetters.Cursor cursor = messaging.deadLetters().open(args[1], args[2]);
    List<DeadLetters.Letter> letters = cursor.next(Integer.parseInt(args[3]));
    for (int i = 1; i < letters.size(); i += 2) {
      cursor.discard(letters.get(i));
    }
    cursor.close();
    // It is killed, or its parent goes.
    System.in.read();
  }
}
