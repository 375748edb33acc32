package dev.missive.kafka;

import dev.missive.spi.Destination;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What things are called at the broker (semantics, "Addressing" and S19). */
final class KafkaNames {
  private static final String RETRY = ".retry.";
  private static final String REPLIES = "missive.replies.";

  private KafkaNames() {}

  /** Topics of a group in which messages wait, each with one constant delay. */
  enum Tier {
    S15("15s", Duration.ofSeconds(15)),
    M2("2m", Duration.ofMinutes(2)),
    M15("15m", Duration.ofMinutes(15)),
    H2("2h", Duration.ofHours(2));

    final String suffix;
    final Duration delay;

    Tier(String suffix, Duration delay) {
      this.suffix = suffix;
      this.delay = delay;
    }

    /** Those with these names; the shortest is always among them. */
    static Set<Tier> named(Collection<String> names) {
      EnumSet<Tier> some = EnumSet.of(S15);
      for (Tier tier : values()) {
        if (names.contains(tier.suffix)) {
          some.add(tier);
        }
      }
      return some;
    }

    /** The longest that is not longer than the wait; the shortest if all are. */
    static Tier forWait(Duration wait, Set<Tier> tiers) {
      Tier best = S15;
      for (Tier tier : tiers) {
        best = tier.delay.compareTo(wait) <= 0 ? tier : best;
      }
      return best;
    }

    /** The tier that a topic is; null if it is none. */
    static @Nullable Tier of(String topic) {
      for (Tier tier : values()) {
        if (topic.endsWith(RETRY + tier.suffix)) {
          return tier;
        }
      }
      return null;
    }
  }

  /** The {@code group.id}. */
  static String group(String topic, String group) {
    return topic + "." + group;
  }

  /** The topic of a group's dead letters, and the {@code group.id} of those who read it. */
  static String deadLetters(String topic, String group) {
    return topic + "." + group + ".dlq";
  }

  static String tier(String topic, String group, Tier tier) {
    return topic + "." + group + RETRY + tier.suffix;
  }

  static List<String> tiers(String topic, String group, Set<Tier> tiers) {
    List<String> all = new ArrayList<>();
    for (Tier tier : tiers) {
      all.add(tier(topic, group, tier));
    }
    return all;
  }

  /**
   * The reply topic of an application, whose name may hold what topics may not. No dots and no
   * underscores either: of two names that differ in nothing else Kafka takes one. Applications that
   * come to share a topic pass over the replies of each other.
   */
  static String replies(String application) {
    String name = application.replaceAll("[^A-Za-z0-9-]", "-");
    return REPLIES + (name.length() > 200 ? name.substring(0, 200) : name);
  }

  /** Where a message goes that is due at an instant. */
  static String topic(Destination to, @Nullable Instant notBefore, Instant now, Set<Tier> tiers) {
    if (to instanceof Destination.Topic topic) {
      return topic.topic();
    }
    if (to instanceof Destination.DeadLetters letters) {
      return deadLetters(letters.topic(), letters.group());
    }
    if (to instanceof Destination.Group group) {
      Duration wait = notBefore == null ? Duration.ZERO : Duration.between(now, notBefore);
      return tier(group.topic(), group.group(), Tier.forWait(wait, tiers));
    }
    return ((Destination.Reply) to).address();
  }
}
