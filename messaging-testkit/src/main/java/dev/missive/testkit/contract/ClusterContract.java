package dev.missive.testkit.contract;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The clauses of Part A that need a broker of several nodes. An adapter that has run {@link
 * BrokerContract} on one node implements this in a class of its own, with {@link ClusterControl} or
 * another {@link Control.Quorum}; the report takes what either of them has proven.
 *
 * @since 0.1
 */
@ExtendWith(LabExtension.class)
@Timeout(value = 300, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
public interface ClusterContract extends QuorumClauses, ContractTest {
  @Override
  BrokerUnderTest broker();
}
