package dev.missive.testkit.contract;

import dev.missive.Messaging;
import dev.missive.spi.Destination;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** The JVM of a {@link ForkedVictim}; ends with its standard input. */
public final class VictimMain {
  static final String ANSWER = "missive-victim ";

  private VictimMain() {}

  /**
   * Reads commands until the input ends.
   *
   * @param args none
   * @throws IOException if the input cannot be read
   */
  public static void main(String[] args) throws IOException {
    Messaging.Builder builder = Messaging.builder();
    Map<String, String> settings = new HashMap<>();
    VictimCommands commands = null;
    BufferedReader reader =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    String line = reader.readLine();
    while (line != null) {
      String[] words =
          Arrays.stream(line.split(" ", -1))
              .map(word -> URLDecoder.decode(word, StandardCharsets.UTF_8))
              .toArray(String[]::new);
      try {
        if (words[0].equals("set")) {
          builder.setting(words[1], words[2]);
          settings.put(words[1], words[2]);
          answer("ok ");
        } else if (words[0].startsWith("open") || commands == null) {
          if (words[0].equals("open-withheld")) {
            Probe probe = withheld(settings);
            builder.setting("broker", probe.name()).providers(probe);
          }
          commands = new VictimCommands(builder.open());
          answer("ok ");
        } else {
          answer("ok " + commands.execute(words));
        }
      } catch (RuntimeException e) {
        answer("error " + e);
      }
      line = reader.readLine();
    }
    Runtime.getRuntime().halt(0);
  }

  /** The adapter, with the results of publishes kept back for ever. */
  private static Probe withheld(Map<String, String> settings) {
    BrokerUnderTest under = BrokerUnderTest.of(settings.getOrDefault("broker", ""), settings);
    Probe probe = new Probe(Spi.provider(under));
    probe.withhold(Destination.Topic.class::isInstance);
    return probe;
  }

  private static void answer(String text) {
    System.out.println(ANSWER + text.replace('\n', ' '));
  }
}
