package dev.missive.benchmarks;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.Envelope;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Date;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/** RabbitMQ's Java client, with the guarantees of our adapter. */
final class RawRabbit implements Client {
  private static final int PERSISTENT = 2;

  /** More than the window, since one that is slow does not hold the others. */
  private static final int SLOTS = 8 * 1024;

  private final Connection publishing;
  private final Connection consuming;
  private final Channel channel;
  private final String topic;
  private final String queue;
  private final int acknowledged;
  private final Semaphore window = new Semaphore(WINDOW);
  private final AtomicReferenceArray<@Nullable Confirmation> unconfirmed =
      new AtomicReferenceArray<>(SLOTS);
  private final Object publishLock = new Object();
  private long oldest = 1;

  /**
   * Connects; topic and queue are there already.
   *
   * @param acknowledged how many messages one handler acknowledges together
   */
  RawRabbit(String url, String topic, String group, int acknowledged) throws Exception {
    this.topic = topic;
    this.acknowledged = acknowledged;
    this.queue = topic + "." + group;
    ConnectionFactory factory = new ConnectionFactory();
    factory.setUri(url);
    publishing = factory.newConnection("benchmarks-raw-publish");
    consuming = factory.newConnection("benchmarks-raw-consume");
    channel = publishing.createChannel();
    channel.confirmSelect();
    channel.addConfirmListener(
        (number, multiple) -> answered(number, multiple, null),
        (number, multiple) -> answered(number, multiple, new IOException("nacked")));
    channel.addReturnListener(
        (code, text, exchange, key, properties, body) ->
            answer(
                Long.parseLong(properties.getMessageId()), new IOException("returned: " + text)));
  }

  @Override
  public void publish(byte[] body, Confirmation confirmation) throws Exception {
    window.acquire();
    Map<String, Object> headers = new HashMap<>(2 * HEADERS.length);
    for (String[] header : HEADERS) {
      headers.put(header[0], header[1]);
    }
    synchronized (publishLock) {
      long number = channel.getNextPublishSeqNo();
      if (!unconfirmed.compareAndSet((int) (number % SLOTS), null, confirmation)) {
        throw new IllegalStateException("a confirm is " + SLOTS + " messages late");
      }
      BasicProperties properties =
          new BasicProperties.Builder()
              .deliveryMode(PERSISTENT)
              .messageId(Long.toString(number))
              .timestamp(new Date())
              .headers(headers)
              .build();
      channel.basicPublish("missive.topics", topic, true, properties, body);
    }
  }

  /** Called by one thread of the client. */
  private void answered(long number, boolean multiple, @Nullable IOException failure) {
    // Further back no slot is that message's any more.
    for (long n = Math.max(oldest, number - SLOTS / 2); multiple && n < number; n++) {
      answer(n, failure);
    }
    answer(number, failure);
    if (multiple || number == oldest) {
      oldest = number + 1;
    }
  }

  private void answer(long number, @Nullable IOException failure) {
    Confirmation confirmation = unconfirmed.getAndSet((int) (number % SLOTS), null);
    if (confirmation == null) {
      return;
    }
    window.release();
    if (failure == null) {
      confirmation.stored();
    } else {
      confirmation.failed(failure);
    }
  }

  @Override
  public Intake consume(int handlers, Receiver receiver) throws IOException {
    Channel own = consuming.createChannel();
    own.basicQos(PREFETCH);
    Handlers run = new Handlers(handlers);
    Acks acks = new Acks(own, handlers == 1 ? acknowledged : 1);
    String tag =
        own.basicConsume(
            queue,
            false,
            new DefaultConsumer(own) {
              @Override
              public void handleDelivery(
                  String consumerTag, Envelope envelope, BasicProperties properties, byte[] body) {
                run.run(
                    () -> {
                      receiver.received(ByteBuffer.wrap(body));
                      acks.handled(envelope.getDeliveryTag());
                    });
              }
            });
    return () -> {
      own.basicCancel(tag);
      run.stop();
      acks.rest();
      own.close();
    };
  }

  /** Acknowledges one by one, or several in one frame; that in the order of their tags only. */
  private static final class Acks {
    private final Channel channel;
    private final int together;
    private volatile long last;
    private volatile int waiting;

    Acks(Channel channel, int together) {
      this.channel = channel;
      this.together = together;
    }

    void handled(long tag) {
      try {
        if (together == 1) {
          channel.basicAck(tag, false);
          return;
        }
        last = tag;
        waiting = waiting + 1;
        if (waiting == together) {
          rest();
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    void rest() throws IOException {
      if (waiting > 0) {
        waiting = 0;
        channel.basicAck(last, true);
      }
    }
  }

  @Override
  public String configuration() {
    return Jar.of(ConnectionFactory.class)
        + "; a connection to publish and one to consume; basicPublish mandatory, persistent, with"
        + " message id and timestamp, to exchange missive.topics; publisher confirms, at most "
        + WINDOW
        + " unconfirmed; basicQos "
        + PREFETCH
        + (acknowledged == 1
            ? ", basicAck for each message after its handler"
            : ", basicAck after every " + acknowledged + " handlers, for all of them")
        + "; the queue is declared by Missive, with"
        + " the arguments of its own";
  }

  @Override
  public void close() throws IOException {
    publishing.close();
    consuming.close();
  }
}
