package dev.missive.testkit.contract;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.ResourceLockTarget;

/**
 * Part A of the contract. An adapter's test class implements this interface and nothing else; its
 * display names begin with the ids of the clauses in docs/contract.md.
 *
 * <p>Each test uses names of its own, so that methods may run beside each other on one broker: with
 * {@code @Execution(CONCURRENT)} on the class, where JUnit's parallel execution is switched on. The
 * exceptions are kept apart by themselves: clauses that disturb the broker (restart, cut, blackhole
 * and the like) carry the tag {@code fault}, those that count its connections and objects {@code
 * count}, those that need the machine for themselves {@code alone}. Classes that share one broker
 * leave these out if they run beside each other. The tag {@code version} is on those that depend on
 * the broker's version.
 *
 * @since 0.1
 */
@ExtendWith(LabExtension.class)
@ResourceLock(target = ResourceLockTarget.CHILDREN, providers = ClauseLocks.class)
@Timeout(value = 180, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
public interface BrokerContract
    extends PublishClauses,
        GroupClauses,
        SettlementClauses,
        RedeliveryClauses,
        AttemptClauses,
        RetryClauses,
        DeadLetterClauses,
        CrashClauses,
        TimeClauses,
        LaneClauses,
        OrderClauses,
        BatchClauses,
        RequestClauses,
        LifecycleClauses,
        FaultClauses,
        CredentialClauses,
        QuorumClauses,
        HealthClauses,
        RefusalClauses,
        ContractTest {

  @Override
  BrokerUnderTest broker();
}
