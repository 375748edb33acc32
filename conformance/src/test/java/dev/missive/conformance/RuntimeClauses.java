package dev.missive.conformance;

/** Part B of the contract, all areas of it. */
public interface RuntimeClauses
    extends MessageRuntimeClauses,
        FailureRuntimeClauses,
        RedriveRuntimeClauses,
        ConcurrencyRuntimeClauses,
        BatchRuntimeClauses,
        LifeRuntimeClauses,
        InterceptorRuntimeClauses,
        OpeningRuntimeClauses,
        GuardClauses {}
