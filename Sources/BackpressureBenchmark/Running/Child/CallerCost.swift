import ConcurrencySupport
import Synchronization

/// What requests cost of callers that make one after the other, nothing noted but how many.
struct CallerCost {
    /// What the callers drive, made for one measurement.
    struct Subject {
        /// Makes so many requests; returns how many were granted. `nil`: not driven by threads.
        var onThread: (@Sendable (Int) -> Int)?
        var onTask: @Sendable (Int) async -> Int
        /// What is wrong with it once all callers have ended, in words.
        var complaint: (_ asked: Int, _ granted: Int) -> String? = { _, _ in nil }
    }

    let job: MeasurementJob
    let callers: Int
    /// Requests between two looks at whether it is time to stop.
    var batch = 256
    /// Whether a request that was refused is no operation.
    var countsGrantsAlone = false
    /// For how long the measured part goes on in which no operation was counted.
    var patienceNanoseconds: UInt64 = 3_000_000_000
    /// Makes the subject; called once, when the harness's own memory has been allocated.
    let make: () throws(MeasurementError) -> Subject

    func speed() throws(MeasurementError) -> MeasurementReport {
        let (measured, complaint) = try perform()
        var report = MeasurementReport()
        report.violation = complaint
        if measured.operations > 0 {
            report[.throughput] = measured.seconds > 0 ? Double(measured.operations) / measured.seconds : nil
            report[.cpuTime] = measured.cpuNanoseconds / Double(measured.operations)
            report[.contextSwitches] = Double(measured.contextSwitches) / Double(measured.operations)
        }
        return report
    }

    func memory() throws(MeasurementError) -> MeasurementReport {
        guard Jemalloc.isAccounting else { throw .noAccounting }
        _ = Jemalloc.totals()
        let baseline = Jemalloc.gauges()
        var totals: (begin: Jemalloc.Totals?, end: Jemalloc.Totals?)
        var peak: Jemalloc.Gauges?
        let (measured, complaint) = try perform(
            begins: { totals.begin = Jemalloc.totals() },
            ends: {
                totals.end = Jemalloc.totals()
                peak = Jemalloc.gauges()
            }
        )
        var report = MeasurementReport()
        report.violation = complaint
        if let begin = totals.begin, let end = totals.end, measured.operations > 0 {
            report[.allocations] = Double(end.allocations - begin.allocations) / Double(measured.operations)
            report[.allocatedBytes] = Double(end.bytes - begin.bytes) / Double(measured.operations)
        }
        if let baseline, let peak { report[.peakAllocated] = Double(max(0, peak.allocated - baseline.allocated)) }
        if let baseline, let end = Jemalloc.gauges() {
            report[.retained] = Double(max(0, end.allocated - baseline.allocated))
        }
        return report
    }

    private func perform(
        begins: () -> Void = {},
        ends: () -> Void = {}
    ) throws(MeasurementError) -> (measured: MeasuredPart.Measured, complaint: String?) {
        let subject = try make()
        let control = RunControl(producers: callers)
        let counts = (0..<callers).map { _ in WorkerCounts() }
        let workers = Workers()
        let (batch, countsGrantsAlone) = (batch, countsGrantsAlone)
        for caller in counts {
            switch job.driver {
            case .threads:
                guard let request = subject.onThread else {
                    throw MeasurementError("\(job.implementation) is not driven by threads")
                }
                workers.startThread {
                    control.waitForStart()
                    var tally = Tally(caller, batch: batch, countsGrantsAlone: countsGrantsAlone)
                    while !control.isStopping {
                        let granted = request(batch)
                        tally.count(granted)
                        // Whoever has what all wait for may not be running.
                        if granted == 0, countsGrantsAlone { Backoff.yieldThread() }
                    }
                    tally.publish()
                }
            case .tasks:
                let request = subject.onTask
                workers.startTask {
                    await control.waitForStart()
                    var tally = Tally(caller, batch: batch, countsGrantsAlone: countsGrantsAlone)
                    var looks = 0
                    while !control.isStopping {
                        let granted = await request(batch)
                        tally.count(granted)
                        looks &+= 1
                        if granted == 0 && countsGrantsAlone || looks % looksPerYield == 0 { await Task.yield() }
                    }
                    tally.publish()
                }
            }
        }
        func done() -> UInt64 { counts.reduce(0) { $0 + $1.progress.load(ordering: .relaxed) } }
        let clock = SystemNanosecondClock()
        var (before, end): (UInt64, UInt64) = (0, 0)
        let measured = MeasuredPart(control: control, counts: counts, workers: callers)
            .conduct(
                warmupSeconds: job.warmupSeconds,
                durationSeconds: job.durationSeconds,
                begins: {
                    before = done()
                    end = clock.nanoseconds() + UInt64(job.durationSeconds * 1e9) + patienceNanoseconds
                    begins()
                },
                ends: ends,
                // On a busy machine nobody may have got to it. But whoever grants nothing any more must not hang.
                goesOn: { done() == before && clock.nanoseconds() < end }
            )
        workers.join()
        let asked = counts.reduce(0) { $0 + $1.offered.load(ordering: .relaxed) }
        let granted = counts.reduce(0) { $0 + $1.completed.load(ordering: .relaxed) }
        return (measured, subject.complaint(Int(asked), Int(granted)))
    }

    /// What one caller has asked for and been granted.
    private struct Tally {
        private let counts: WorkerCounts
        private let batch: UInt64
        private let countsGrantsAlone: Bool
        private var asked: UInt64 = 0
        private var granted: UInt64 = 0

        init(_ counts: WorkerCounts, batch: Int, countsGrantsAlone: Bool) {
            (self.counts, self.batch, self.countsGrantsAlone) = (counts, UInt64(batch), countsGrantsAlone)
        }

        mutating func count(_ newlyGranted: Int) {
            asked &+= batch
            granted &+= UInt64(newlyGranted)
            counts.publish(progress: progress)
        }

        func publish() {
            counts.publish(completed: granted, offered: asked, refused: asked - granted, numberSum: 0)
        }

        private var progress: UInt64 { countsGrantsAlone ? granted : asked }
    }
}
