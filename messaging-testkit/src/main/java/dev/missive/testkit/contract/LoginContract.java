package dev.missive.testkit.contract;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The clauses of Part A that need a broker with users. An adapter that has run {@link
 * BrokerContract} on a broker that asks nobody who he is implements this in a class of its own,
 * with a {@link Control.Credentials}; the report takes what either of them has proven.
 *
 * @since 0.1
 */
@ExtendWith(LabExtension.class)
@Timeout(value = 180, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
public interface LoginContract extends CredentialClauses, ContractTest {
  @Override
  BrokerUnderTest broker();
}
