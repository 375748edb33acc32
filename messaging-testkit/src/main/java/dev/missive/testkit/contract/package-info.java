/**
 * The contract as tests: an adapter implements {@link dev.missive.testkit.contract.BrokerContract}
 * and supplies a {@link dev.missive.testkit.contract.BrokerUnderTest}, nothing else.
 *
 * <p>Needs JUnit Jupiter and AssertJ on the class path, and the runtime (messaging-core).
 */
@NullMarked
package dev.missive.testkit.contract;

import org.jspecify.annotations.NullMarked;
