public import Backpressure

/// The checks of ``ConcurrencyLimitConformance``: what a concurrency limit promises, looked at in three ways.
public enum ConcurrencyLimitCheck: String, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    /// In random sequences of events every request ends as in the ``ConcurrencyLimitModel``, and the statistics are its:
    /// bound, order of arrival, cancellation, deadlines, weights over the limit, changes of the limit. A failure comes with
    /// its seed and the shortest sequence that shows it.
    case eventsEqualModel
    /// Permits of ``ConcurrencyLimit/withPermit(_:timeout:_:)`` come back when the work returns, throws or is cancelled,
    /// and work whose wait was cancelled isn't begun.
    case scopesGiveBack
    /// Tasks that ask, wait, are cancelled and give back in random orders of their steps never use more than the limit;
    /// all get their turn, and at rest nothing is in use.
    case schedulesConservePermits
    /// The same on the shared thread pool, at once.
    case contentionConservesPermits

    /// The name of the case.
    public var description: String { rawValue }
}

/// Checks that a concurrency limit keeps the promises of ``ConcurrencyLimit``, for the unit tests of whoever writes one.
///
///     @Test(.timeLimit(.minutes(1)), arguments: ConcurrencyLimitCheck.allCases)
///     func conforms(check: ConcurrencyLimitCheck) async throws {
///         try await ConcurrencyLimitConformance { MySemaphore(limit: $0, clock: $1) }.run(check)
///     }
///
/// The limit must measure deadlines on the clock that it is given. Limits that are ``AdjustableConcurrencyLimit`` are
/// changed in use, too.
public struct ConcurrencyLimitConformance<Limit: ConcurrencyLimit>: Sendable {
    /// Makes a limit of so many permits on the given clock.
    public typealias MakeLimit = @Sendable (Int, ManualClock) -> Limit

    /// Decides the random scripts and schedules: the same seed, the same ones. What the machine's scheduler decides under
    /// contention isn't among them.
    public var seed: UInt64 = 0
    let makeLimit: MakeLimit
    let setLimit: (@Sendable (Limit, Int) async -> Void)?

    /// A suite for the limits that `makeLimit` makes. It is called many times.
    public init(makeLimit: @escaping MakeLimit) {
        self.makeLimit = makeLimit
        setLimit = nil
    }

    /// A suite for the limits that `makeLimit` makes, which are changed while in use. It is called many times.
    public init(makeLimit: @escaping MakeLimit) where Limit: AdjustableConcurrencyLimit {
        self.makeLimit = makeLimit
        setLimit = { await $0.setLimit($1) }
    }

    /// Runs one check.
    ///
    /// - Throws: ``ConformanceFailure`` if the limit doesn't keep the promise.
    public func run(_ check: ConcurrencyLimitCheck) async throws(ConformanceFailure) {
        let expectations = Expectations(check: check.rawValue)
        switch check {
        case .eventsEqualModel: try await checkEvents(150, expectations)
        case .scopesGiveBack: try await checkScopes(expectations)
        case .schedulesConservePermits: try await checkSchedules(expectations)
        case .contentionConservesPermits: try await checkContention(expectations)
        }
    }

    /// Runs the checks one after the other; all of them unless told otherwise.
    ///
    /// - Throws: the first ``ConformanceFailure``.
    public func runAll(
        _ checks: some Sequence<ConcurrencyLimitCheck> = ConcurrencyLimitCheck.allCases
    ) async throws(ConformanceFailure) {
        for check in checks { try await run(check) }
    }

    /// Replays a sequence of events on a new limit, beside the model: to see a failure again.
    ///
    /// - Parameters:
    ///   - events: what happens.
    ///   - limit: the limit in the beginning.
    /// - Throws: ``ConformanceFailure`` if the two differ.
    public func replay(_ events: [ConcurrencyLimitEvent], limit: Int) async throws(ConformanceFailure) {
        let expectations = Expectations(check: ConcurrencyLimitCheck.eventsEqualModel.rawValue)
        if let difference = await difference(events, limit, .untilStandstill) {
            throw expectations.failure("the limit to do as its model does", but: difference)
        }
    }

    private func checkEvents(_ count: Int, _ expectations: Expectations) async throws(ConformanceFailure) {
        for number in 0..<count {
            let seed = seed.variant(number)
            var generator = SeededGenerator(seed: seed)
            let limit = Int.random(in: 1...4, using: &generator)
            let events = ConcurrencyLimitEvent.sequence(40, changesLimit: setLimit != nil, using: &generator)
            guard let first = await difference(events, limit, .untilStandstill) else { continue }
            let shortened = await shortest(events, simpler: \.simpler) { candidate in
                await difference(candidate, limit, .whileShrinking) != nil
            }
            // Shortened with less patience than it is judged with.
            let (sequence, observation) =
                await difference(shortened, limit, .untilStandstill).map { (shortened, $0) } ?? (events, first)
            throw expectations.failure(
                "a limit of \(limit) to do as its model does in the events of seed \(seed)",
                but: "\(observation); shortest: [\(sequence.map(\.description).joined(separator: ", "))]"
            )
        }
    }

    private func difference(_ events: [ConcurrencyLimitEvent], _ limit: Int, _ patience: Patience) async -> String? {
        var replay = ConcurrencyLimitReplay(self, limit: limit, patience: patience)
        return await replay.run(events)
    }
}
