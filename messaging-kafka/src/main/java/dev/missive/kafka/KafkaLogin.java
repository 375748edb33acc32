package dev.missive.kafka;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.NameCallback;
import javax.security.auth.callback.PasswordCallback;
import javax.security.auth.callback.UnsupportedCallbackException;
import javax.security.auth.login.AppConfigurationEntry;
import org.apache.kafka.common.config.SaslConfigs;
import org.apache.kafka.common.config.types.Password;
import org.apache.kafka.common.security.JaasContext;
import org.apache.kafka.common.security.auth.AuthenticateCallbackHandler;
import org.apache.kafka.common.security.plain.PlainLoginModule;
import org.apache.kafka.common.security.scram.ScramExtensionsCallback;
import org.apache.kafka.common.security.scram.ScramLoginModule;
import org.jspecify.annotations.Nullable;

/**
 * Tells each connection of Kafka's clients who logs in, as of that moment: what stands in {@code
 * sasl.jaas.config} may change while the clients live, which read it only once (semantics S23).
 * Public because Kafka makes it by its name; not for applications.
 *
 * @since 0.1
 */
public final class KafkaLogin implements AuthenticateCallbackHandler {
  /** The property that carries the {@link Source}. */
  static final String SOURCE = "missive.login";

  /** Where the credentials are. Must return at once. */
  @FunctionalInterface
  interface Source {
    /**
     * The JAAS configuration.
     *
     * @param begins whether a login begins, not another step of the same one
     */
    String jaas(boolean begins);
  }

  private static final Set<String> MECHANISMS = Set.of("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512");
  private static final Set<String> MODULES =
      Set.of(PlainLoginModule.class.getName(), ScramLoginModule.class.getName());
  private static final String TOKEN = "tokenauth";

  private @Nullable Source source;

  /** Made by Kafka. */
  public KafkaLogin() {}

  /**
   * Whether such logins ask for the name and the password that the configuration holds. A login
   * module of somebody else's finds them elsewhere.
   */
  static boolean knows(@Nullable Object mechanism, String jaas) {
    return mechanism != null
        && MECHANISMS.contains(mechanism.toString())
        && MODULES.contains(entry(jaas).getLoginModuleName());
  }

  @Override
  public void configure(
      Map<String, ?> configs, String mechanism, List<AppConfigurationEntry> entries) {
    source = (Source) configs.get(SOURCE);
  }

  @Override
  public void handle(Callback[] callbacks) throws IOException, UnsupportedCallbackException {
    Map<String, ?> options =
        options(Arrays.stream(callbacks).anyMatch(NameCallback.class::isInstance));
    for (Callback callback : callbacks) {
      if (callback instanceof NameCallback name) {
        name.setName(option(options, "username"));
      } else if (callback instanceof PasswordCallback password) {
        password.setPassword(option(options, "password").toCharArray());
      } else if (callback instanceof ScramExtensionsCallback extensions) {
        if (Boolean.parseBoolean(String.valueOf(options.get(TOKEN)))) {
          extensions.extensions(Map.of(TOKEN, "true"));
        }
      } else {
        throw new UnsupportedCallbackException(callback);
      }
    }
  }

  private Map<String, ?> options(boolean begins) throws IOException {
    if (source == null) {
      throw new IOException("there is nobody to ask who logs in");
    }
    return entry(source.jaas(begins)).getOptions();
  }

  private static AppConfigurationEntry entry(String jaas) {
    return JaasContext.loadClientContext(Map.of(SaslConfigs.SASL_JAAS_CONFIG, new Password(jaas)))
        .configurationEntries()
        .get(0);
  }

  private static String option(Map<String, ?> options, String name) throws IOException {
    Object value = options.get(name);
    if (value == null) {
      throw new IOException("kafka.client.sasl.jaas.config has no " + name);
    }
    return value.toString();
  }

  @Override
  public void close() {
    // It owns nothing.
  }
}
