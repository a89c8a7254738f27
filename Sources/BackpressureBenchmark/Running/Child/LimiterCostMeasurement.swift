import ConcurrencySupport
import RateLimiters
import Synchronization

/// What a rate limiter's decisions cost: callers that ask again at once, nothing noted but how many times.
struct LimiterCostMeasurement {
    let job: MeasurementJob
    let load: LimiterLoad
    let implementation: LimiterImplementation

    func speed() throws(MeasurementError) -> MeasurementReport {
        let measured = try perform()
        var report = MeasurementReport()
        report[.throughput] = measured.seconds > 0 ? Double(measured.operations) / measured.seconds : nil
        if measured.operations > 0 {
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
        let measured = try perform(
            begins: { totals.begin = Jemalloc.totals() },
            ends: {
                totals.end = Jemalloc.totals()
                peak = Jemalloc.gauges()
            }
        )
        var report = MeasurementReport()
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
    ) throws(MeasurementError) -> MeasuredPart.Measured {
        let limiter = implementation.real(
            LimiterSetup(rate: load.rate, burst: load.burst, clock: SystemNanosecondClock())
        )
        if let failure = limiter.failure { throw MeasurementError(failure) }
        let control = RunControl(producers: load.callers)
        let counts = (0..<load.callers).map { _ in WorkerCounts() }
        let workers = Workers()
        for caller in counts {
            switch job.driver {
            case .threads:
                guard let acquire = limiter.repeatOnThread else {
                    throw MeasurementError("\(implementation.id) is not driven by threads")
                }
                workers.startThread {
                    control.waitForStart()
                    var decisions: UInt64 = 0
                    while !control.isStopping {
                        keep(acquire(256))
                        decisions += 256
                        caller.progress.store(decisions, ordering: .relaxed)
                    }
                }
            case .tasks:
                let acquire = limiter.repeatOnTask
                workers.startTask {
                    await control.waitForStart()
                    var decisions: UInt64 = 0
                    while !control.isStopping {
                        keep(await acquire(256))
                        decisions += 256
                        caller.progress.store(decisions, ordering: .relaxed)
                        await Task.yield()
                    }
                }
            }
        }
        defer { workers.join() }
        return MeasuredPart(control: control, counts: counts, workers: load.callers)
            .conduct(
                warmupSeconds: job.warmupSeconds,
                durationSeconds: job.durationSeconds,
                begins: begins,
                ends: ends
            )
    }
}
