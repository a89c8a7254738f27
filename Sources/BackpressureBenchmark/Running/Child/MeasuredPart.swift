import ConcurrencySupport
import Synchronization

/// Conducts workers through warm-up and measured part, and says what the latter came to.
struct MeasuredPart {
    let control: RunControl
    /// Whose progress counts as operations.
    let counts: [WorkerCounts]
    /// How many workers must be ready before it starts.
    let workers: Int

    /// What was counted.
    struct Measured {
        var seconds = 0.0
        var operations = 0
        var cpuNanoseconds = 0.0
        var contextSwitches = 0
    }

    /// Blocks this thread, which must not be one of the pool's, until the workers have been told to stop.
    ///
    /// - Parameters:
    ///   - begins: called at the beginning of the measured part.
    ///   - ends: called at its end.
    ///   - goesOn: asked when the time is up: whether the measured part isn't over yet.
    ///   - sampleIntervalNanoseconds: how often to call `sample` in between, with the time since the beginning.
    func conduct(
        warmupSeconds: Double,
        durationSeconds: Double,
        begins: () -> Void,
        ends: () -> Void,
        goesOn: () -> Bool = { false },
        sampleIntervalNanoseconds: UInt64? = nil,
        sample: (_ elapsedNanoseconds: UInt64) -> Void = { _ in }
    ) -> Measured {
        let clock = SystemNanosecondClock()
        while control.readyWorkers.load(ordering: .relaxed) < workers { sleep(nanoseconds: 50_000) }
        let start = clock.nanoseconds()
        control.startNanoseconds.store(start, ordering: .relaxed)
        control.phase.store(.warmingUp, ordering: .releasing)
        sleep(untilNanoseconds: start + UInt64(warmupSeconds * 1e9))

        control.phase.store(.measuring, ordering: .relaxed)
        begins()
        let begin = Self.readTogether(with: clock, counters)
        control.measuringNanoseconds.store(begin.nanoseconds, ordering: .relaxed)
        let end = begin.nanoseconds + UInt64(durationSeconds * 1e9)
        if let interval = sampleIntervalNanoseconds {
            var next = clock.nanoseconds()
            while next < end || goesOn() {
                sample(clock.nanoseconds() - begin.nanoseconds)
                next = max(next + interval, clock.nanoseconds())
                sleep(untilNanoseconds: next)
            }
        }
        sleep(untilNanoseconds: end)
        while goesOn() { sleep(nanoseconds: 1_000_000) }
        let finish = Self.readTogether(with: clock, counters)
        ends()
        control.phase.store(.stopping, ordering: .relaxed)
        return Measured(
            seconds: Double(finish.nanoseconds - begin.nanoseconds) / 1e9,
            operations: finish.counters.operations - begin.counters.operations,
            cpuNanoseconds: finish.counters.usage.cpuNanoseconds - begin.counters.usage.cpuNanoseconds,
            contextSwitches: finish.counters.usage.contextSwitches - begin.counters.usage.contextSwitches
        )
    }

    /// What grows while the workers run.
    private func counters() -> (operations: Int, usage: ProcessUsage) {
        (Int(counts.reduce(0) { $0 + $1.progress.load(ordering: .relaxed) }), ProcessUsage.now())
    }

    /// Reads counters that others advance, and when that was.
    ///
    /// This thread may be held up between the clock and the counters while the workers go on: their work of a time slice
    /// would be counted into the time or out of it. What took long to read is therefore read again, a few times at most,
    /// and the quickest reading counts.
    static func readTogether<Counters>(
        with clock: some NanosecondClock,
        _ read: () -> Counters
    ) -> (nanoseconds: UInt64, counters: Counters) {
        let (longNanoseconds, attempts): (UInt64, Int) = (20_000, 10)
        var before = clock.nanoseconds()
        var best = (nanoseconds: before, counters: read())
        var after = clock.nanoseconds()
        var shortest = after - before
        for _ in 1..<attempts where shortest > longNanoseconds {
            before = after
            let counters = read()
            after = clock.nanoseconds()
            guard after - before < shortest else { continue }
            shortest = after - before
            best = (before, counters)
        }
        return best
    }
}
