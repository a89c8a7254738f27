internal import Backpressure
internal import ConcurrencySupport

/// Tasks on the shared thread pool that use one breaker at once.
extension CircuitBreakerConformance {
    private var taskCount: Int { 6 }

    /// A breaker that opens at the first failure.
    private func sensitive(_ change: (inout CircuitBreakerSettings) -> Void) -> CircuitBreakerSettings {
        var settings = CircuitBreakerSettings()
        settings.consecutiveFailures = 1
        settings.failureRate = nil
        settings.wait = .nanoseconds(1_000)
        settings.longestWait = settings.wait
        change(&settings)
        return settings
    }

    func checkProbes(_ expectations: Expectations) async throws(ConformanceFailure) {
        let settings = sensitive {
            $0.concurrentProbes = 2
            $0.successesToClose = 5
        }
        for round in 0..<30 {
            let expectations = expectations.with("round \(round)")
            let clock = ManualClock(nanoseconds: 1_000)
            let breaker = makeBreaker(settings, clock)
            guard let permit = await breaker.tryAcquire().permit else {
                throw expectations.failure("a new breaker to let a call through", but: "it refused")
            }
            await breaker.record(permit, .failure)
            clock.advance(byNanoseconds: 1_000)
            let tally = ProbeTally()
            let failing = round % 3 == 2
            var crowd = Crowd()
            for task in 0..<taskCount {
                let generator = SeededGenerator(seed: seed.variant(round), stream: UInt64(task))
                crowd.start { step in
                    await Self.probe(breaker, tally, generator, failing: failing, step)
                }
            }
            guard await crowd.waitUntilAllFinished() else {
                crowd.cancel()
                let state = await breaker.state()
                throw expectations.failure("probes to decide whether it closes", but: "the state stays \(state)")
            }
            let known = tally.counts
            try expectations.expect(known.mostOut <= 2, "2 probes at once at most", but: "there were \(known.mostOut)")
            try expectations.expect(known.probes <= 5, "no more than it needs to close", but: "\(known.probes) probes")
            let statistics = await breaker.statistics()
            // Which of them were late because another had opened it first, only the breaker knows.
            try expectations.expectEqual(
                [statistics.succeeded + statistics.failed + statistics.late, statistics.cancelled, statistics.refused],
                [known.probes + 1, known.cancelled, known.refused],
                "the counts of results, of cancelled calls and of refusals"
            )
        }
    }

    /// Asks for probes until the breaker has closed, or opened again.
    private static func probe(
        _ breaker: Breaker,
        _ tally: ProbeTally,
        _ generator: SeededGenerator,
        failing: Bool,
        _ step: () -> Void
    ) async {
        var generator = generator
        while true {
            guard let permit = await breaker.tryAcquire().permit else {
                tally.change { $0.refused += 1 }
                if await breaker.state() == .open { return }
                await Task.yield()
                continue
            }
            // It began closed, then it was open, then half-open; now it is closed again.
            guard permit.generation == 3 else {
                await breaker.cancel(permit)
                tally.change { $0.cancelled += 1 }
                return
            }
            step()
            tally.change { counts in
                counts.out += 1
                counts.mostOut = max(counts.mostOut, counts.out)
            }
            await Task.yield()
            let isCancelled = Int.random(in: 0..<3, using: &generator) == 0
            // Before the breaker knows, so that it isn't charged with what it has already taken back.
            tally.change { counts in
                counts.out -= 1
                if isCancelled { counts.cancelled += 1 } else { counts.probes += 1 }
            }
            if isCancelled {
                await breaker.cancel(permit)
            } else {
                let fails = failing && Int.random(in: 0..<4, using: &generator) == 0
                await breaker.record(permit, fails ? .failure : .success)
            }
        }
    }

    func checkWindow(_ expectations: Expectations) async throws(ConformanceFailure) {
        var settings = CircuitBreakerSettings()
        settings.failureRate = nil
        let results = 64 * taskCount
        for (calls, spansTime) in [(results, false), (7, false), (1, false), (results, true)] {
            settings.window = spansTime ? .time(.seconds(60), buckets: 3) : .calls(calls)
            settings.minimumCalls = 1
            let expectations = expectations.with("a window of \(settings.window)")
            // Inside one bucket, which is then not the first.
            let clock = ManualClock(nanoseconds: 70_000_000_000)
            let breaker = makeBreaker(settings, clock)
            var crowd = Crowd()
            for task in 0..<taskCount {
                crowd.start { step in
                    for number in 0..<64 {
                        guard let permit = await breaker.tryAcquire().permit else { return }
                        await breaker.record(permit, (number + task) % 4 == 0 ? .failure : .success)
                        step()
                    }
                }
            }
            guard await crowd.waitUntilAllFinished() else {
                crowd.cancel()
                throw expectations.failure("tasks to record their results", but: "they don't get on")
            }
            let statistics = await breaker.statistics()
            try expectations.expectEqual(statistics.window.calls, calls, "the calls in the window")
            try expectations.expectEqual(
                [statistics.succeeded, statistics.failed],
                [UInt64(results) * 3 / 4, UInt64(results) / 4],
                "successes and failures in all"
            )
            guard calls < results else {
                try expectations.expectEqual(statistics.window.failures, results / 4, "the failures in the window")
                continue
            }
            // Whatever the order was: as many successes after them leave no failure, or the sums were wrong.
            for _ in 0..<calls {
                guard let permit = await breaker.tryAcquire().permit else { continue }
                await breaker.record(permit, .success)
            }
            let after = await breaker.statistics().window
            try expectations.expectEqual(after.failures, 0, "the failures in a window of as many successes")
        }
    }

    func checkLateResults(_ expectations: Expectations) async throws(ConformanceFailure) {
        var settings = CircuitBreakerSettings()
        settings.failureRate = nil
        let perTask = 40
        for window in [CircuitBreakerSettings.Window.calls(1_000), .time(.seconds(60), buckets: 3)] {
            settings.window = window
            let expectations = expectations.with("a window of \(window)")
            let breaker = makeBreaker(settings, ManualClock(nanoseconds: 1_000))
            var old: [CallPermit] = []
            for _ in 0..<taskCount * perTask {
                if let permit = await breaker.tryAcquire().permit { old.append(permit) }
            }
            await breaker.reset()
            var crowd = Crowd()
            for task in 0..<taskCount {
                let late = old[min(old.count, task * perTask)..<min(old.count, (task + 1) * perTask)]
                crowd.start { step in
                    for permit in late {
                        await breaker.record(permit, .failure)
                        guard let permit = await breaker.tryAcquire().permit else { return }
                        await breaker.record(permit, .success)
                        step()
                    }
                }
            }
            guard await crowd.waitUntilAllFinished() else {
                crowd.cancel()
                throw expectations.failure("tasks to record their results", but: "they don't get on")
            }
            let statistics = await breaker.statistics()
            try expectations.expectEqual(
                [statistics.succeeded, statistics.failed, statistics.late],
                [UInt64(taskCount * perTask), 0, UInt64(taskCount * perTask)],
                "the counts of successes, failures and late results"
            )
            try expectations.expectEqual(
                statistics.window,
                CircuitBreakerStatistics.WindowCounts(calls: taskCount * perTask),
                "the window"
            )
        }
    }
}

/// What tasks that probe know of what they did.
private final class ProbeTally: Sendable {
    struct Counts {
        /// Probes between their permission and their end.
        var out = 0
        var mostOut = 0
        /// Those that weren't cancelled.
        var probes: UInt64 = 0
        var cancelled: UInt64 = 0
        var refused: UInt64 = 0
    }

    private let lock = Lock(Counts())

    var counts: Counts { lock.withLock { $0 } }

    func change(_ body: (inout Counts) -> Void) { lock.withLock { body(&$0) } }
}
