internal import Backpressure
internal import Synchronization

/// Many tasks, in random orders and at once.
extension ConcurrencyLimitConformance {
    private struct WorkError: Error {}

    func checkScopes(_ expectations: Expectations) async throws(ConformanceFailure) {
        let stage = Stage()
        let limit = makeLimit(3, ManualClock())
        let ran = Counter()
        func inUse() async throws(ConformanceFailure) -> Int {
            let statistics = stage.start { await limit.statistics() }
            await stage.settle { statistics.value != nil }
            guard let value = statistics.value else { throw expectations.failure("statistics", but: "it waits") }
            return value.inUse
        }
        let returning = stage.start { (try? await limit.withPermit(2, timeout: nil) { 7 }) ?? 0 }
        await stage.settle { returning.value != nil }
        try expectations.expectEqual(returning.value, 7, "what the work returned")
        try await expectations.expectEqual(inUse(), 0, "what is in use when work has returned")

        let throwing = stage.start {
            do {
                try await limit.withPermit(2, timeout: nil) { throw WorkError() }
                return false
            } catch {
                return error is WorkError
            }
        }
        await stage.settle { throwing.value != nil }
        try expectations.expectEqual(throwing.value, true, "that the work's error comes out")
        try await expectations.expectEqual(inUse(), 0, "what is in use when work has thrown")

        let clock = ManualClock()
        let running = stage.start {
            try? await limit.withPermit(2, timeout: nil) {
                ran.increment()
                try await clock.sleep(untilNanoseconds: 1)
            }
            return true
        }
        await stage.settle { ran.value == 1 }
        await stage.settle()
        try await expectations.expectEqual(inUse(), 2, "what is in use while work goes on")
        let waiting = stage.start {
            try? await limit.withPermit(2, timeout: nil) { ran.increment() }
            return true
        }
        await stage.settle()
        waiting.cancel()
        await stage.settle { waiting.value != nil }
        try expectations.expectEqual(ran.value, 1, "how often work was begun, its wait being cancelled,")
        running.cancel()
        await stage.settle { running.value != nil }
        try await expectations.expectEqual(inUse(), 0, "what is in use when work was cancelled")
    }

    func checkSchedules(_ expectations: Expectations) async throws(ConformanceFailure) {
        for permits in [1, 2, 5] {
            for number in 0..<60 {
                let seed = seed.variant(number)
                let expectations = expectations.with("limit \(permits), seed \(seed)")
                let stage = Stage()
                let use = PermitUse(limit: makeLimit(permits, ManualClock()), permits: permits)
                var generator = SeededGenerator(seed: seed)
                let tasks = (0..<5).map { task in
                    stage.start { await use.run(rounds: 6, seed: seed, task: task, step: {}) }
                }
                let haveEnded = { tasks.allSatisfy { $0.value != nil } }
                await stage.settle(using: &generator, until: haveEnded) { generator in
                    guard seed % 2 == 1, Int.random(in: 0..<30, using: &generator) == 0 else { return }
                    tasks.randomElement(using: &generator)?.cancel()
                }
                let stuck = tasks.count { $0.value == nil }
                for task in tasks { task.cancel() }
                try expectations.expect(
                    stuck == 0,
                    "all to get their turn",
                    but: "\(stuck) tasks wait and none is ready"
                )
                let statistics = stage.start { await use.limit.statistics() }
                await stage.settle { statistics.value != nil }
                try use.check(statistics.value, expectations)
            }
        }
    }

    func checkContention(_ expectations: Expectations) async throws(ConformanceFailure) {
        for permits in [1, 3] {
            let expectations = expectations.with("limit \(permits)")
            let use = PermitUse(limit: makeLimit(permits, ManualClock()), permits: permits)
            var crowd = Crowd()
            for task in 0..<6 {
                crowd.start { step in
                    // Children of this task that are cancelled while they wait, or hold permits.
                    for round in 0..<40 {
                        let child = Task { await use.run(rounds: 5, seed: seed.variant(round), task: task, step: {}) }
                        if round % 4 == task % 4 { child.cancel() }
                        await child.value
                        step()
                    }
                }
            }
            let hasFinished = await crowd.waitUntilAllFinished()
            if !hasFinished { crowd.cancel() }
            try expectations.expect(hasFinished, "all to get their turn", but: "some don't get on any more")
            try use.check(await use.limit.statistics(), expectations)
        }
    }
}

/// Work that counts how much of it goes on.
private final class PermitUse<Limit: ConcurrencyLimit>: Sendable {
    let limit: Limit
    private let permits: Int
    private let inProgress = Atomic<Int>(0)
    private let most = Atomic<Int>(0)

    init(limit: Limit, permits: Int) {
        self.limit = limit
        self.permits = permits
    }

    /// Asks, waits, works and gives back, until it is cancelled.
    func run(rounds: Int, seed: UInt64, task: Int, step: () -> Void) async {
        var generator = SeededGenerator(seed: seed, stream: UInt64(task) + 1)
        for _ in 0..<rounds {
            let weight = Int.random(in: 1...permits, using: &generator)
            if Bool.random(using: &generator) {
                guard (try? await limit.acquire(weight, timeout: nil)) != nil else { return }
            } else {
                guard await limit.tryAcquire(weight).isGranted else { continue }
            }
            let now = inProgress.wrappingAdd(weight, ordering: .relaxed).newValue
            most.max(now, ordering: .relaxed)
            await Task.yield()
            inProgress.wrappingSubtract(weight, ordering: .relaxed)
            await limit.release(weight)
            step()
        }
    }

    func check(
        _ statistics: ConcurrencyLimitStatistics?,
        _ expectations: Expectations
    ) throws(ConformanceFailure) {
        guard let statistics else { throw expectations.failure("statistics() to return at once", but: "it waits") }
        let most = most.load(ordering: .relaxed)
        try expectations.expect(most <= permits, "at most \(permits) permits in use at once", but: "\(most) were")
        try expectations.expectEqual(statistics.inUse, 0, "what is in use at rest")
        try expectations.expectEqual(statistics.waiting, 0, "who waits at rest")
    }
}
