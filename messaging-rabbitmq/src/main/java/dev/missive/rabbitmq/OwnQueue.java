package dev.missive.rabbitmq;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.ShutdownSignalException;
import dev.missive.spi.Subscription.Kind;
import dev.missive.spi.Subscription.Spec;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The exclusive queue of one broadcast subscription, or of replies: it goes with its connection,
 * but not with a channel. Used by the loop of its subscription, which may wait; anybody may ask for
 * the name.
 */
final class OwnQueue {
  private static final Logger LOG = System.getLogger("dev.missive.rabbitmq");

  private final Spec spec;
  private final RabbitNames names;
  private volatile String name;
  private @Nullable RabbitLink home;

  OwnQueue(Spec spec, RabbitNames names) {
    this.spec = spec;
    this.names = names;
    this.name = spec.topic();
  }

  /** As the broker named it last; the topic until there is one. */
  String name() {
    return name;
  }

  /** Makes it, bound. What the link has already is kept, because of what waits in it. */
  void take(Channel channel, RabbitLink link) throws IOException {
    if (home != link || !stands(link)) {
      name = channel.queueDeclare("", false, true, false, Map.of()).getQueue();
      home = link;
    }
    if (spec.kind() == Kind.BROADCAST) {
      channel.queueBind(name, names.exchange(spec.topic()), names.routingKey(spec.topic()));
      if (RabbitTopology.stands(link, DelayCascade::lookAtEnds)) {
        DelayCascade.bind(channel, name, names.delayAddress(spec.topic()));
      }
    }
  }

  private boolean stands(RabbitLink link) throws IOException {
    String made = name;
    return RabbitTopology.stands(link, channel -> channel.queueDeclarePassive(made));
  }

  /** Nobody will read it any more, and it would grow for as long as its connection stands. */
  void delete() {
    RabbitLink link = home;
    home = null;
    if (link == null || !link.alive()) {
      return;
    }
    try (Channel channel = link.channel()) {
      channel.queueDelete(name);
    } catch (IOException | TimeoutException | ShutdownSignalException e) {
      LOG.log(Level.DEBUG, "an exclusive queue goes with its connection", e);
    }
  }
}
