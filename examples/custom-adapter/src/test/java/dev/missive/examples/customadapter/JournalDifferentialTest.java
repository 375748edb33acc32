package dev.missive.examples.customadapter;

import dev.missive.testkit.contract.BrokerUnderTest;
import dev.missive.testkit.differential.DifferentialContract;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The journal does what the in-memory broker does, also while its sessions are ended. */
@Execution(ExecutionMode.CONCURRENT)
final class JournalDifferentialTest implements DifferentialContract {
  @TempDir Path home;

  @Override
  public BrokerUnderTest broker() {
    JournalControl control = new JournalControl(home.resolve("journal"));
    return BrokerUnderTest.of("journal", Map.of("journal.directory", control.directory()))
        .control(control);
  }
}
