package dev.missive.examples.customadapter;

import dev.missive.testkit.contract.BrokerContract;
import dev.missive.testkit.contract.BrokerUnderTest;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;

/** The contract on the broken journal; {@link BacklogMutantTest} runs a clause of it. */
final class GreedyJournalContract implements BrokerContract {
  @TempDir Path home;

  @Override
  public BrokerUnderTest broker() {
    String directory = new JournalControl(home.resolve("journal")).directory();
    return BrokerUnderTest.of("greedy-journal", Map.of("journal.directory", directory));
  }
}
