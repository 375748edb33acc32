package dev.missive.benchmarks;

import io.nats.client.Connection;
import io.nats.client.ConsumeOptions;
import io.nats.client.Dispatcher;
import io.nats.client.JetStream;
import io.nats.client.Message;
import io.nats.client.MessageConsumer;
import io.nats.client.Nats;
import io.nats.client.Options;
import io.nats.client.impl.Headers;
import io.nats.client.impl.NatsMessage;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;

/** NATS's Java client, with the guarantees of our adapter. */
final class RawNats implements Client {
  private static final Duration CONNECT = Duration.ofSeconds(5);

  private final Connection connection;
  private final JetStream jetStream;
  private final String topic;
  private final String group;
  private final Semaphore window = new Semaphore(WINDOW);
  private final String ids = UUID.randomUUID() + "-";
  private final AtomicLong count = new AtomicLong();

  /** Connects; stream and consumer are there already. */
  RawNats(String url, String topic, String group) throws Exception {
    this.topic = topic;
    this.group = group;
    connection =
        Nats.connect(
            new Options.Builder()
                .servers(url.split(","))
                .connectionName("benchmarks-raw")
                .connectionTimeout(CONNECT)
                .build());
    jetStream = connection.jetStream();
  }

  @Override
  public void publish(byte[] body, Confirmation confirmation) throws InterruptedException {
    window.acquire();
    Headers headers = new Headers();
    for (String[] header : HEADERS) {
      headers.put(header[0], header[1]);
    }
    headers.put("Nats-Msg-Id", ids + count.incrementAndGet());
    jetStream
        .publishAsync(NatsMessage.builder().subject(topic).headers(headers).data(body).build())
        .whenComplete(
            (stored, error) -> {
              window.release();
              if (error == null) {
                confirmation.stored();
              } else {
                confirmation.failed(error);
              }
            });
  }

  @Override
  public Intake consume(int handlers, Receiver receiver) throws Exception {
    Handlers run = new Handlers(handlers);
    Dispatcher dispatcher = connection.createDispatcher();
    MessageConsumer consumer =
        jetStream
            .getConsumerContext("missive-" + topic.replace('.', '='), group)
            .consume(
                ConsumeOptions.builder().batchSize(PREFETCH).build(),
                dispatcher,
                message -> run.run(() -> handle(message, receiver)));
    return () -> {
      consumer.close();
      run.stop();
      connection.flush(CONNECT);
      connection.closeDispatcher(dispatcher);
    };
  }

  private static void handle(Message message, Receiver receiver) {
    receiver.received(ByteBuffer.wrap(message.getData()));
    message.ack();
  }

  @Override
  public String configuration() {
    return Jar.of(Nats.class)
        + "; publishAsync with Nats-Msg-Id, at most "
        + WINDOW
        + " unconfirmed; ConsumerContext.consume (pull requests of its own) with batches of "
        + PREFETCH
        + " and the default threshold, ack() for each message after its handler; stream and"
        + " consumer are declared by Missive, with the settings of its own";
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
