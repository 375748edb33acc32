package dev.missive;

import java.util.concurrent.CompletionStage;

/**
 * Stands around every publish and every run, on bytes: after encoding and before decoding. For
 * tracing, metrics, compression, encryption, signing, validation.
 *
 * <p>Interceptors run in the order they were declared, the first one outermost, both ways. Each may
 * change the message, call the next step once, look at the result, or answer without calling it.
 * Exceptions pass unchanged. Retry and dead-letter copies pass none. Must be thread-safe.
 *
 * @since 0.1
 */
public interface Interceptor {

  /**
   * Around a publish; on the publisher's thread. What it throws fails this publish, as a stage that
   * completes with it does, and no other.
   *
   * @param message what is to be published
   * @param next the rest of the way
   * @return what {@code next} returned, or an answer of its own
   */
  default CompletionStage<Receipt> aroundPublish(Message message, PublishStep next) {
    return next.proceed(message);
  }

  /**
   * Around one run of one message; on the handler's thread.
   *
   * @param message what is to be handled
   * @param next the rest of the way; for batches it completes with the whole batch
   * @return what {@code next} returned, or an answer of its own
   * @throws Exception a failed run
   */
  default CompletionStage<Outcome> aroundHandle(ReceivedMessage message, HandleStep next)
      throws Exception {
    return next.proceed(message);
  }

  /** The rest of the way of a publish. */
  @FunctionalInterface
  interface PublishStep {
    /**
     * Goes on.
     *
     * @param message the message, changed or not
     * @return the result
     */
    CompletionStage<Receipt> proceed(Message message);
  }

  /** The rest of the way to the handler. */
  @FunctionalInterface
  interface HandleStep {
    /**
     * Goes on.
     *
     * @param message the message, as given or made from it by {@link ReceivedMessage#with}
     * @return the outcome; exceptional if the handler failed
     * @throws Exception never for a failed handler; only for a defect
     */
    CompletionStage<Outcome> proceed(ReceivedMessage message) throws Exception;
  }
}
