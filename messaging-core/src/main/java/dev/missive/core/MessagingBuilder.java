package dev.missive.core;

import static java.util.Objects.requireNonNull;

import dev.missive.Codec;
import dev.missive.Interceptor;
import dev.missive.Messaging;
import dev.missive.core.config.Environment;
import dev.missive.core.config.Settings;
import dev.missive.spi.BrokerProvider;
import dev.missive.spi.Time;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Collects how to open. Confined to one thread. */
final class MessagingBuilder implements Messaging.Builder {
  private final Map<String, String> settings = new LinkedHashMap<>();
  private final Map<String, Supplier<String>> credentials = new LinkedHashMap<>();
  private final List<Interceptor> interceptors = new ArrayList<>();
  private final List<Codec> codecs = new ArrayList<>();
  private final List<BrokerProvider> providers = new ArrayList<>();
  private @Nullable String connection;
  private @Nullable Time time;

  @Override
  public Messaging.Builder setting(String key, String value) {
    settings.put(requireNonNull(key, "key"), requireNonNull(value, key));
    return this;
  }

  @Override
  public Messaging.Builder settings(Map<String, String> values) {
    values.forEach(this::setting);
    return this;
  }

  @Override
  public Messaging.Builder credential(String key, Supplier<String> value) {
    credentials.put(requireNonNull(key, "key"), requireNonNull(value, key));
    return this;
  }

  @Override
  public Messaging.Builder connection(String name) {
    connection = requireNonNull(name, "name");
    return this;
  }

  @Override
  public Messaging.Builder interceptors(Interceptor... more) {
    interceptors.addAll(List.of(more));
    return this;
  }

  @Override
  public Messaging.Builder codecs(Codec... more) {
    codecs.addAll(List.of(more));
    return this;
  }

  @Override
  public Messaging.Builder providers(BrokerProvider... more) {
    providers.addAll(List.of(more));
    return this;
  }

  @Override
  public Messaging.Builder time(Time clock) {
    time = requireNonNull(clock, "time");
    return this;
  }

  @Override
  public Messaging open() {
    List<BrokerProvider> found = Providers.find(providers);
    Settings read = Settings.load(settings, credentials, connection, found, Environment.system());
    BrokerProvider chosen = Providers.choose(found, read.find("broker", String.class).orElse(null));
    return new Assembly(chosen, read, connection, interceptors, codecs, time).messaging();
  }
}
