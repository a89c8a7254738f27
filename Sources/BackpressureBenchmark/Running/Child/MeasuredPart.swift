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
        let begin = (nanoseconds: clock.nanoseconds(), usage: ProcessUsage.now(), operations: operations)
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
        let measured = Measured(
            seconds: Double(clock.nanoseconds() - begin.nanoseconds) / 1e9,
            operations: operations - begin.operations,
            cpuNanoseconds: ProcessUsage.now().cpuNanoseconds - begin.usage.cpuNanoseconds,
            contextSwitches: ProcessUsage.now().contextSwitches - begin.usage.contextSwitches
        )
        ends()
        control.phase.store(.stopping, ordering: .relaxed)
        return measured
    }

    private var operations: Int {
        Int(counts.reduce(0) { $0 + $1.progress.load(ordering: .relaxed) })
    }
}
