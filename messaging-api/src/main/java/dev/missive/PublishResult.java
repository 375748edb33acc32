package dev.missive;

import org.jspecify.annotations.Nullable;

/**
 * What became of one message of a batch: exactly one of receipt and error is there.
 *
 * @param receipt null if the publish failed
 * @param error null if the message was stored
 * @since 0.1
 */
public record PublishResult(@Nullable Receipt receipt, @Nullable PublishException error) {
  /**
   * Checks that exactly one is there.
   *
   * @param receipt null if the publish failed
   * @param error null if the message was stored
   */
  public PublishResult {
    if ((receipt == null) == (error == null)) {
      throw new IllegalArgumentException("exactly one of receipt and error must be there");
    }
  }

  /**
   * Whether the broker stored the message.
   *
   * @return true if there is a receipt
   */
  public boolean stored() {
    return receipt != null;
  }
}
