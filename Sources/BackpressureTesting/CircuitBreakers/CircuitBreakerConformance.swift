public import Backpressure

/// Checks that a circuit breaker keeps the promises of ``CircuitBreaker``, on a clock that stands still until it is told to
/// move; for the unit tests of whoever writes one.
///
///     @Test(.timeLimit(.minutes(1)), arguments: CircuitBreakerCheck.allCases)
///     func conforms(check: CircuitBreakerCheck) async throws {
///         try await CircuitBreakerConformance { MyBreaker($0, clock: $1) }.run(check)
///     }
///
/// The breaker must read the clock that it is given. No check depends on speed.
public struct CircuitBreakerConformance<Breaker: CircuitBreaker>: Sendable {
    /// Makes a breaker with the given settings and clock, that is closed and that nobody has used.
    public typealias MakeBreaker = @Sendable (CircuitBreakerSettings, ManualClock) -> Breaker

    /// Decides the random scripts and schedules: the same seed, the same ones. What the machine's scheduler decides under
    /// contention isn't among them.
    public var seed: UInt64 = 0
    let makeBreaker: MakeBreaker
    private let scripts: Int
    private let events: Int

    /// A suite for the breakers that `makeBreaker` makes. It is called many times.
    ///
    /// - Parameters:
    ///   - scripts: how many random sequences each comparison with the model plays.
    ///   - events: how long each is.
    ///   - makeBreaker: makes a breaker.
    public init(scripts: Int = 150, events: Int = 120, makeBreaker: @escaping MakeBreaker) {
        self.makeBreaker = makeBreaker
        self.scripts = scripts
        self.events = events
    }

    /// Runs one check.
    ///
    /// - Throws: ``ConformanceFailure`` if the breaker doesn't keep the promise. Where it differs from the model, the failure
    ///   tells the shortest sequence of events found that shows it, and its seed.
    public func run(_ check: CircuitBreakerCheck) async throws(ConformanceFailure) {
        let expectations = Expectations(check: check.rawValue)
        switch check {
        case .failureRateOpens: try await compare(.failureRate, expectations)
        case .slowCallsOpen: try await compare(.slowCalls, expectations)
        case .failuresInARowOpen: try await compare(.failuresInARow, expectations)
        case .windowOfTime: try await compare(.time, expectations)
        case .probesDecide: try await compare(.probes, expectations)
        case .lostProbesAreGivenUp: try await compare(.lostProbes, expectations)
        case .waitsGrow: try await compare(.waits, expectations)
        case .heldStates: try await compare(.heldStates, expectations)
        case .everythingAtOnce: try await compare(.everything, expectations)
        case .changesAreSeen: try await checkChanges(expectations)
        case .probesAreBoundedUnderContention: try await checkProbes(expectations)
        case .windowIsExactAtRest: try await checkWindow(expectations)
        case .lateResultsChangeNothingUnderContention: try await checkLateResults(expectations)
        }
    }

    /// Runs the checks one after the other; all of them unless told otherwise.
    ///
    /// - Throws: the first ``ConformanceFailure``.
    public func runAll(
        _ checks: some Sequence<CircuitBreakerCheck> = CircuitBreakerCheck.allCases
    ) async throws(ConformanceFailure) {
        for check in checks { try await run(check) }
    }

    private func difference(_ script: CircuitBreakerScript) async -> String? {
        // Not at 0, where a mistake about the origin wouldn't show.
        let clock = ManualClock(nanoseconds: 1_000_000_007)
        return await script.difference(of: makeBreaker(script.settings, clock), on: clock)
    }

    private func compare(
        _ subject: RandomBreakerScripts.Subject,
        _ expectations: Expectations
    ) async throws(ConformanceFailure) {
        for number in 0..<scripts {
            let seed = seed.variant(number)
            var random = RandomBreakerScripts(subject, seed: seed)
            let script = random.script(events: events)
            guard await difference(script) != nil else { continue }
            let shortest = await script.shrunk { await difference($0) != nil }
            let observation = await difference(shortest) ?? "it didn't differ when it was looked at again"
            let sequence = shortest.events.map(\.description).joined(separator: ", ")
            throw expectations.with("seed \(seed), \(shortest.settings)").failure(
                "what the model does in the sequence [\(sequence)]",
                but: observation
            )
        }
    }

    private func checkChanges(_ expectations: Expectations) async throws(ConformanceFailure) {
        let clock = ManualClock(nanoseconds: 5)
        let breaker = makeBreaker(CircuitBreakerSettings(), clock)
        var changes = breaker.changes.makeAsyncIterator()
        var seen = await changes.next()
        func change(_ state: CircuitState, _ generation: UInt64, missed: UInt64) -> CircuitBreakerChange {
            let now = clock.nanoseconds()
            return CircuitBreakerChange(state: state, generation: generation, nanoseconds: now, missed: missed)
        }
        try expectations.expectEqual(seen, change(.closed, 1, missed: 0), "what an iterator begins with")
        clock.advance(byNanoseconds: 3)
        await breaker.forceOpen()
        seen = await changes.next()
        try expectations.expectEqual(seen, change(.forcedOpen, 2, missed: 0), "the change that was made")
        await breaker.disable()
        await breaker.reset()
        await breaker.forceOpen()
        seen = await changes.next()
        try expectations.expectEqual(seen, change(.forcedOpen, 5, missed: 2), "the newest of three changes")
        try await checkWaitingForChanges(breaker, expectations)
    }

    private func checkWaitingForChanges(
        _ breaker: Breaker,
        _ expectations: Expectations
    ) async throws(ConformanceFailure) {
        let steps = 20
        let (last, cancelled) = (Counter(), Counter())
        var crowd = Crowd()
        crowd.start { step in
            // To the end, however many it misses.
            for await change in breaker.changes {
                step()
                last.set(Int(change.generation))
                if change.generation == UInt64(5 + steps) { break }
            }
        }
        var patience = Patience.untilStandstill
        while last.value == 0, await patience.wait() {}
        for _ in 0..<steps {
            await breaker.reset()
            await Task.yield()
        }
        guard await crowd.waitUntilAllFinished() else {
            crowd.cancel()
            throw expectations.failure("whoever waits to be told the newest state", but: "it saw \(last.value) last")
        }
        crowd = Crowd()
        crowd.start { _ in
            for await _ in breaker.changes { cancelled.increment() }
        }
        patience = .untilStandstill
        while cancelled.value == 0, await patience.wait() {}
        crowd.cancel()
        let isOver = await crowd.waitUntilAllFinished()
        try expectations.expect(isOver, "a cancelled iterator to end", but: "it waits")
    }
}
