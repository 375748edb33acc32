package dev.missive.examples.customadapter;

import dev.missive.testkit.contract.BrokerUnderTest;
import dev.missive.testkit.differential.DifferentialContract;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/**
 * The journal does what the in-memory broker does, also while its sessions are ended. Only in the
 * full check: a message waited once for its last run for longer than 30 s (seed 57106699021228),
 * and it is not known yet whether that run would have come.
 */
@Tag("full")
final class JournalCutsDifferentialTest implements DifferentialContract {
  @TempDir Path home;

  @Override
  public BrokerUnderTest broker() {
    JournalControl control = new JournalControl(home.resolve("journal"));
    return BrokerUnderTest.of("journal", Map.of("journal.directory", control.directory()))
        .control(control);
  }
}
