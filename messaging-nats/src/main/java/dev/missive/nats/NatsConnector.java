package dev.missive.nats;

import dev.missive.ErrorCode;
import dev.missive.MessagingException;
import dev.missive.spi.Broker.Traits;
import dev.missive.spi.BrokerContext;
import dev.missive.spi.BrokerContext.Link;
import io.nats.client.AuthenticationException;
import io.nats.client.Connection;
import io.nats.client.ConnectionListener.Events;
import io.nats.client.Nats;
import java.io.IOException;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Makes links, one after another for as long as the client lives, and tells who depends on them.
 * Thread-safe.
 */
final class NatsConnector {
  private final BrokerContext context;
  private final NatsSettings settings;
  private final NatsOptions options;
  private final NatsThreads threads;
  private final Collection<NatsFollower> followers;
  private final NatsReconnects reconnects;
  private final Object lock = new Object();
  private volatile @Nullable NatsLink link;

  /** What the last server told of others; older addresses may be nobody's any more. */
  private volatile List<String> learned = List.of();

  private volatile boolean closed;

  /**
   * Makes one that has made no link yet.
   *
   * @param followers are told of links, in line
   */
  NatsConnector(
      BrokerContext context,
      NatsSettings settings,
      NatsOptions options,
      NatsThreads threads,
      Collection<NatsFollower> followers) {
    this.context = context;
    this.settings = settings;
    this.options = options;
    this.threads = threads;
    this.followers = followers;
    this.reconnects = new NatsReconnects(settings);
  }

  /** What stands now; null if nothing does. */
  @Nullable NatsLink link() {
    return link;
  }

  boolean closed() {
    return closed;
  }

  /**
   * Makes no links from now on.
   *
   * @return the last one, which nobody else ends; null if none stood
   */
  @Nullable NatsLink end() {
    synchronized (lock) {
      closed = true;
      NatsLink last = link;
      link = null;
      return last;
    }
  }

  // ---- connecting

  /**
   * Makes a link; blocks.
   *
   * @param told hears of it after all who depend on it have it, and before its loss
   * @throws MessagingException if there is none
   */
  void open(Consumer<Traits> told) {
    AtomicReference<@Nullable Throwable> seen = new AtomicReference<>();
    AtomicReference<@Nullable NatsLink> made = new AtomicReference<>();
    Connection client;
    try {
      client =
          Nats.connect(
              options.make(
                  known(),
                  context.clientName(),
                  threads.io,
                  threads.timer,
                  (of, event) -> changed(made, event, seen.get()),
                  new NatsErrorListener(made, seen, this::giveUp)));
    } catch (IOException e) {
      throw NatsErrors.connecting(settings, e, seen.get());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw NatsErrors.closed();
    }
    if (client.getStatus() != Connection.Status.CONNECTED) {
      throw NatsErrors.connecting(settings, new IOException("it was closed"), seen.get());
    }
    // What failed before the right server was found is no reason for anything later.
    seen.set(null);
    NatsLink stands = new NatsLink(client, threads.events);
    Traits traits;
    try {
      NatsTraits.checkJetStream(client, settings);
      traits = NatsTraits.of(client.getServerInfo(), settings);
      stands.open();
    } catch (MessagingException e) {
      stands.shut();
      throw seen.get() instanceof AuthenticationException denied
          ? NatsErrors.notPermitted(settings, denied)
          : e;
    } catch (RuntimeException e) {
      stands.shut();
      throw NatsErrors.connecting(settings, e, seen.get());
    }
    begin(stands, () -> told.accept(traits));
    made.set(stands);
    if (client.getStatus() != Connection.Status.CONNECTED) {
      // It went before anybody could be told.
      changed(made, Events.DISCONNECTED, seen.get());
    }
  }

  private List<String> known() {
    Set<String> all = new LinkedHashSet<>(settings.servers);
    all.addAll(learned);
    return List.copyOf(all);
  }

  /** jnats would wait for the rest of its time although the server has refused it. */
  private void giveUp(Connection client) {
    threads.block(() -> NatsLink.shut(client));
  }

  private void begin(NatsLink stands, Runnable told) {
    synchronized (lock) {
      if (closed) {
        stands.end();
        stands.shut();
        throw NatsErrors.closed();
      }
      reconnects.succeeded();
      link = stands;
      threads.inLine(
          () -> {
            // Requests go out as soon as it is told, and need their new reply address.
            followers.forEach(follower -> follower.attach(stands));
            told.run();
          });
    }
  }

  // ---- losing it

  private void changed(
      AtomicReference<@Nullable NatsLink> of, Events event, @Nullable Throwable why) {
    NatsLink gone = of.get();
    if (gone != null && (event == Events.DISCONNECTED || event == Events.CLOSED)) {
      threads.inLine(() -> lost(gone, why));
    }
  }

  private void lost(NatsLink gone, @Nullable Throwable why) {
    if (link != gone || closed) {
      return;
    }
    link = null;
    learned = gone.client.getServerInfo().getConnectURLs();
    gone.end();
    context.connection(Link.RECONNECTING, "the connection was lost: " + NatsErrors.loss(why), null);
    followers.forEach(follower -> follower.detach(gone));
    threads.block(gone::shut);
    again();
  }

  private void again() {
    context.time().schedule(reconnects.next(), () -> threads.block(this::reconnect));
  }

  private void reconnect() {
    if (closed) {
      return;
    }
    try {
      open(traits -> context.connection(Link.CONNECTED, "connected again", null));
    } catch (MessagingException e) {
      failed(e);
    } catch (RuntimeException e) {
      failed(NatsErrors.connecting(settings, e, null));
    }
  }

  private void failed(MessagingException why) {
    boolean refused = why.code() == ErrorCode.AUTH;
    if (reconnects.failed(refused)) {
      context.connection(
          Link.AUTH_FAILED, "refused " + NatsReconnects.REFUSALS + " times in a row", why);
    } else if (!refused) {
      context.connection(
          Link.RECONNECTING, "the connection was lost and is not back: " + why.getMessage(), why);
    }
    again();
  }
}
