package dev.missive.conformance.mutants;

import dev.missive.Messaging;
import dev.missive.conformance.CanaryTest;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.extension.ExtendWith;

/** Z24 on a broker with a defect; run by {@link Hunt} alone. */
@ExtendWith(MutantParameter.class)
final class MutatedCanary extends CanaryTest {
  private final UnaryOperator<Messaging.Builder> opening;

  MutatedCanary(Mutant mutant) {
    opening = mutant.opening();
  }

  @Override
  protected Messaging.Builder opening(Messaging.Builder builder) {
    return opening.apply(builder);
  }
}
