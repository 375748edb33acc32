package dev.missive.core.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.missive.Message;
import dev.missive.Producer;
import dev.missive.PublishResult;
import dev.missive.Receipt;
import dev.missive.TypedProducer;
import dev.missive.core.codec.Codecs;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

final class EncodingProducerTest {
  record Order(String customer, int amount) {}

  private final List<Message> published = new ArrayList<>();
  private final Producer producer =
      (Producer)
          Proxy.newProxyInstance(
              EncodingProducerTest.class.getClassLoader(),
              new Class<?>[] {Producer.class},
              (proxy, method, arguments) ->
                  switch (method.getName()) {
                    case "publish" -> receipt((Message) arguments[0]);
                    case "publishAsync" ->
                        CompletableFuture.completedStage(receipt((Message) arguments[0]));
                    case "publishBatch" ->
                        ((List<?>) arguments[0])
                            .stream()
                                .map(message -> new PublishResult(receipt((Message) message), null))
                                .toList();
                    default -> throw new UnsupportedOperationException(method.getName());
                  });
  private final TypedProducer<Order> orders =
      new EncodingProducer<>(producer, new Codecs(List.of()), "orders");

  private Receipt receipt(Message message) {
    published.add(message);
    return new Receipt(message.id(), null);
  }

  private static String text(Message message) {
    return new String(message.payload(), StandardCharsets.UTF_8);
  }

  @Test
  void by_default_it_writes_json_without_key_and_type() {
    Receipt receipt = orders.publish(new Order("ann", 3));

    assertThat(published)
        .singleElement()
        .satisfies(
            message -> {
              assertThat(message.topic()).isEqualTo("orders");
              assertThat(message.id()).isEqualTo(receipt.id());
              assertThat(message.key()).isNull();
              assertThat(message.type()).isNull();
              assertThat(message.contentType()).isEqualTo("application/json");
              assertThat(text(message)).isEqualTo("{\"customer\":\"ann\",\"amount\":3}");
            });
  }

  @Test
  void key_and_type_are_set_on_a_copy() {
    TypedProducer<Order> keyed = orders.key(Order::customer).type("order.created");

    keyed.publishAsync(new Order("ann", 3));
    orders.publish(new Order("bob", 4));

    assertThat(published.get(0).key()).isEqualTo("ann".getBytes(StandardCharsets.UTF_8));
    assertThat(published.get(0).type()).isEqualTo("order.created");
    assertThat(published.get(1).key()).isNull();
    assertThat(published.get(1).type()).isNull();
  }

  @Test
  void the_content_type_chooses_the_codec() {
    TypedProducer<String> texts =
        new EncodingProducer<String>(producer, new Codecs(List.of()), "notes")
            .contentType("text/plain");

    texts.publish("ä");

    assertThat(published.get(0).contentType()).isEqualTo("text/plain");
    assertThat(text(published.get(0))).isEqualTo("ä");
  }

  @Test
  void a_batch_keeps_its_order() {
    List<PublishResult> results =
        orders.key(Order::customer).publishBatch(List.of(new Order("a", 1), new Order("b", 2)));

    assertThat(results).hasSize(2);
    assertThat(published)
        .extracting(message -> new String(message.key()))
        .containsExactly("a", "b");
  }

  @Test
  void a_message_can_be_changed_before_it_is_published() {
    Message message =
        orders.type("order.created").message(new Order("ann", 3)).header("tenant", "t1").build();

    assertThat(message.headers()).containsEntry("tenant", "t1");
    assertThat(message.type()).isEqualTo("order.created");
    assertThat(published).isEmpty();
  }

  @Test
  void what_cannot_be_written_is_refused_before_anything_is_published() {
    assertThatThrownBy(
            () -> orders.contentType("application/unheard-of").publish(new Order("a", 1)))
        .hasMessageContaining("MSG-CONFIG-INVALID");
    assertThatThrownBy(() -> orders.publish(null)).isInstanceOf(NullPointerException.class);
    assertThat(published).isEmpty();
  }
}
