import BackpressureTesting
import FlowControl

extension VerificationCheck {
    /// The conformance suite of concurrency limits: random events beside the model, and tasks in many orders.
    static let concurrencyLimitContract = VerificationCheck(
        id: "contract",
        mechanism: .concurrencyLimit,
        summary:
            "every request and count beside a model in random sequences of events; tasks in many orders, and at once",
        fixedSeconds: 2,
        cases: [.promise],
        reasonAgainst: { subject in
            guard case .concurrencyLimit(let limit) = subject else { return "for concurrency limits" }
            return limit.takesClock ? nil : "takes no clock"
        },
        perform: { subject, effort in
            guard case .concurrencyLimit(let limit) = subject else { return [] }
            let make = limit.make
            var outcomes: [VerificationOutcome] = []
            for check in ConcurrencyLimitCheck.allCases where effort.includes(promise: check.rawValue) {
                let tally = OperationTally()
                outcomes.append(
                    await .contract(check.rawValue, unless: nil, seed: effort.seed, counting: tally) {
                        () async throws(ConformanceFailure) in try await run(check, make, effort.seed, tally)
                    }
                )
            }
            return effort.orNothing(outcomes, "contract")
        }
    )

    /// With changes of the limit where it allows them.
    private static func run(
        _ check: ConcurrencyLimitCheck,
        _ make: @escaping @Sendable (ConcurrencyLimitSetup) -> ConcurrencyLimitInstance,
        _ seed: UInt64,
        _ tally: OperationTally
    ) async throws(ConformanceFailure) {
        @Sendable func limit(_ permits: Int, _ clock: ManualClock) -> any ConcurrencyLimit {
            make(ConcurrencyLimitSetup(limit: permits, clock: clock)).limit
        }
        if limit(1, ManualClock()) is any AdjustableConcurrencyLimit {
            var suite = ConcurrencyLimitConformance { permits, clock in
                // Of one type, whichever it is.
                let base = limit(permits, clock) as! any AdjustableConcurrencyLimit
                return CountedAdjustableLimit(base: base, counted: CountedLimit(base: base, tally: tally))
            }
            suite.seed = seed
            try await suite.run(check)
        } else {
            var suite = ConcurrencyLimitConformance { permits, clock in
                CountedLimit(base: limit(permits, clock), tally: tally)
            }
            suite.seed = seed
            try await suite.run(check)
        }
    }
}

/// A registered limit as the suite's, counting what is asked of it.
private struct CountedLimit: ConcurrencyLimit {
    let base: any ConcurrencyLimit
    let tally: OperationTally

    func tryAcquire(_ weight: Int) async -> PermitAcquisition {
        let answer = await base.tryAcquire(weight)
        tally.count(answer.isGranted ? 1 : 0)
        return answer
    }

    func acquire(_ weight: Int, timeout: Duration?) async throws(PermitError) {
        tally.count(0)
        try await base.acquire(weight, timeout: timeout)
    }

    func release(_ weight: Int) async {
        tally.count(1)
        await base.release(weight)
    }

    func statistics() async -> ConcurrencyLimitStatistics { await base.statistics() }

    nonisolated(nonsending) func withPermit<Value>(
        _ weight: Int,
        timeout: Duration?,
        _ body: () async throws -> Value
    ) async throws -> Value {
        tally.count(1)
        return try await base.withPermit(weight, timeout: timeout, body)
    }
}

/// The same of a limit that can be changed.
private struct CountedAdjustableLimit: AdjustableConcurrencyLimit {
    let base: any AdjustableConcurrencyLimit
    let counted: CountedLimit

    func tryAcquire(_ weight: Int) async -> PermitAcquisition { await counted.tryAcquire(weight) }

    func acquire(_ weight: Int, timeout: Duration?) async throws(PermitError) {
        try await counted.acquire(weight, timeout: timeout)
    }

    func release(_ weight: Int) async { await counted.release(weight) }
    func statistics() async -> ConcurrencyLimitStatistics { await counted.statistics() }
    func setLimit(_ limit: Int) async { await base.setLimit(limit) }

    nonisolated(nonsending) func withPermit<Value>(
        _ weight: Int,
        timeout: Duration?,
        _ body: () async throws -> Value
    ) async throws -> Value {
        try await counted.withPermit(weight, timeout: timeout, body)
    }
}
