package dev.missive.kafka;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.apache.kafka.common.config.SaslConfigs;
import org.jspecify.annotations.Nullable;

/**
 * Who logs in: what the application said last, and whether it may be presented now. Asking may
 * block, so that is done on threads of ours, never on those of Kafka's clients. Thread-safe.
 */
final class KafkaCredentials {
  private static final Logger LOG = System.getLogger("dev.missive.kafka");

  private final @Nullable Supplier<String> source;
  private final AtomicBoolean permit = new AtomicBoolean();
  private volatile @Nullable String last;
  private volatile boolean refused;

  /**
   * Makes one that has not asked.
   *
   * @param source what to ask; null if there are no credentials
   */
  KafkaCredentials(@Nullable Supplier<String> source) {
    this.source = source;
  }

  /**
   * Asks. Blocks as long as the application does.
   *
   * @throws MessagingException AUTH if it has no answer
   */
  void ask() {
    if (source != null) {
      last = source.get();
    }
  }

  /** Asks unless that was done. Blocks as long as the application does. */
  void askFirst() {
    if (last == null) {
      ask();
    }
  }

  /**
   * Asks again after a refusal; without an answer the last one stays.
   *
   * @return whether the answer is another one
   */
  boolean askAgain() {
    String before = last;
    try {
      ask();
    } catch (MessagingException e) {
      LOG.log(Level.WARNING, "the credentials stay as they are", e);
    }
    return !Objects.equals(before, last);
  }

  /** Asks, and lets the admin client present the answer once although they are refused. */
  void retry() {
    askAgain();
    permit.set(true);
  }

  /** Whether they are refused: then nobody presents them unasked. */
  void refused(boolean now) {
    refused = now;
    if (!now) {
      permit.set(false);
    }
  }

  /** Adds them to the properties of a client. */
  void addTo(Map<String, Object> config, boolean admin) {
    String jaas = last;
    if (jaas == null) {
      return;
    }
    config.put(SaslConfigs.SASL_JAAS_CONFIG, jaas);
    if (KafkaLogin.knows(config.get(SaslConfigs.SASL_MECHANISM), jaas)
        && !config.containsKey(SaslConfigs.SASL_CLIENT_CALLBACK_HANDLER_CLASS)) {
      config.put(SaslConfigs.SASL_CLIENT_CALLBACK_HANDLER_CLASS, KafkaLogin.class.getName());
      config.put(KafkaLogin.SOURCE, (KafkaLogin.Source) begins -> present(begins, admin));
    }
  }

  private String present(boolean begins, boolean admin) {
    if (begins && refused && !(admin && permit.compareAndSet(true, false))) {
      throw new MessagingException(
          ErrorCode.AUTH, "the credentials were refused; they are presented again later");
    }
    return String.valueOf(last);
  }
}
