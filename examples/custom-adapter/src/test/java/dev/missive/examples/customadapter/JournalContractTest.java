package dev.missive.examples.customadapter;

import dev.missive.testkit.contract.BrokerContract;
import dev.missive.testkit.contract.BrokerUnderTest;
import dev.missive.testkit.contract.Control;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The contract on the journal: all that an adapter's author writes to have it checked. */
@Execution(ExecutionMode.CONCURRENT)
final class JournalContractTest implements BrokerContract {
  @TempDir Path home;

  @Override
  public BrokerUnderTest broker() {
    JournalControl control = new JournalControl(home.resolve("journal"));
    return BrokerUnderTest.of("journal", Map.of("journal.directory", control.directory()))
        .control(control)
        .sessionTimeout(Duration.ZERO)
        .without(Control.Blackhole.class, "a directory of this machine has no network")
        .without(Control.Quorum.class, "one directory")
        .without(Control.Credentials.class, "the file system knows the user, there is no login")
        .without(Control.Permissions.class, "who may write the journal may declare")
        .without(Control.Alarm.class, "a full disk refuses each message, there is no alarm")
        .without(Control.Confirms.class, "the write itself is the confirm, none can get lost");
  }
}
