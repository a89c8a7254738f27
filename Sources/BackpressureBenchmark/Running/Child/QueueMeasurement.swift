import BoundedQueues
import Histogram
import Synchronization

/// Throughput, latency, processor time and memory of one queue under one load.
struct QueueMeasurement {
    let job: MeasurementJob
    let load: QueueLoad
    let implementation: QueueImplementation
    /// For a yardstick: what it is the yardstick of.
    let measuredByYardstick: QueueImplementation?

    /// Speed alone, undisturbed by accounting.
    func speed() throws(MeasurementError) -> MeasurementReport {
        var observer = QueueRun.Observer()
        if load.arrival != .idle {
            // On a busy machine nobody may have got to it.
            var before = 0
            observer.measuringBegins = { before = done(in: $0) }
            observer.goesOn = { done(in: $0) == before }
        }
        let outcome = try run.perform(observer: observer)
        var report = MeasurementReport()
        report.violation = violation(in: outcome)
        let measured = outcome.measured
        if load.arrival == .idle {
            report[.idleCPU] = measured.seconds > 0 ? measured.cpuNanoseconds / measured.seconds : nil
        } else {
            report[.throughput] = measured.seconds > 0 ? Double(measured.operations) / measured.seconds : nil
        }
        if measured.operations > 0 {
            report[.cpuTime] = measured.cpuNanoseconds / Double(measured.operations)
            report[.contextSwitches] = Double(measured.contextSwitches) / Double(measured.operations)
        }
        if outcome.latencyCount > 0, outcome.latenciesOutOfRange == 0 {
            report[.latencyP50] = Double(outcome.latency.valueAtPercentile(50))
            report[.latencyP90] = Double(outcome.latency.valueAtPercentile(90))
            report[.latencyP99] = Double(outcome.latency.valueAtPercentile(99))
            report[.latencyP999] = Double(outcome.latency.valueAtPercentile(99.9))
            report[.latencyMax] = Double(outcome.latency.max)
        }
        if !load.overflowPolicy.waitsForRoom, outcome.offered > 0 {
            report[.refusedShare] = Double(outcome.refused) / Double(outcome.offered)
            report[.evictedShare] = Double(outcome.evicted) / Double(outcome.offered)
            if load.policy == .spill { report[.spilledShare] = Double(outcome.spilled) / Double(outcome.offered) }
        }
        if let measuredByYardstick, let queue = measuredByYardstick.make(for: load, drops: DropCounter()),
            let yardstick = implementation.make(for: load, drops: DropCounter())
        {
            report[.protocolRatio] = PairedSlices(queue: queue, yardstick: yardstick).ratio()
        }
        return report
    }

    /// Memory alone: exact, without thread caches.
    func memory() throws(MeasurementError) -> MeasurementReport {
        guard Jemalloc.isAccounting else { throw .noAccounting }
        // All of the harness's memory is allocated before the baseline.
        var samples: [MemorySample] = []
        samples.reserveCapacity(4_096)
        var baseline: Jemalloc.Gauges?
        var begin: (totals: Jemalloc.Totals?, operations: Int) = (nil, 0)
        var end: (totals: Jemalloc.Totals?, operations: Int) = (nil, 0)
        var drained: Jemalloc.Gauges?
        var observer = QueueRun.Observer()
        observer.beforeQueue = {
            _ = Jemalloc.totals()
            baseline = Jemalloc.gauges()
        }
        observer.measuringBegins = { begin = (Jemalloc.totals(), done(in: $0)) }
        observer.measuringEnds = { end = (Jemalloc.totals(), done(in: $0)) }
        observer.sampleIntervalNanoseconds = 2_000_000
        observer.sample = { _, elapsed in
            guard samples.count < samples.capacity, let gauges = Jemalloc.gauges() else { return }
            samples.append(MemorySample(elapsedNanoseconds: Int(elapsed), gauges: gauges, depth: nil))
        }
        observer.drained = { _ in drained = Jemalloc.gauges() }

        let outcome = try run.perform(observer: observer)
        var report = MeasurementReport()
        report.violation = violation(in: outcome)
        let operations = end.operations - begin.operations
        report.operations = operations
        if let first = begin.totals, let last = end.totals, operations > 0 {
            report[.allocations] = Double(last.allocations - first.allocations) / Double(operations)
            report[.allocatedBytes] = Double(last.bytes - first.bytes) / Double(operations)
        }
        if let baseline, let drained {
            let highest = (samples.map(\.gauges.allocated) + [drained.allocated]).max() ?? drained.allocated
            report[.peakAllocated] = Double(max(0, highest - baseline.allocated))
            report[.retained] = Double(max(0, drained.allocated - baseline.allocated))
        }
        report.memory = thin(samples)
        return report
    }

    private func done(in progress: QueueRun.Progress) -> Int {
        let counts = load.producerTakes ? progress.producers : progress.consumers
        return QueueRun.Progress.sum(counts) { $0.progress.load(ordering: .relaxed) }
    }

    private var run: QueueRun {
        QueueRun(
            implementation: implementation,
            load: load,
            driver: job.driver,
            seed: job.seed,
            warmupSeconds: job.warmupSeconds,
            durationSeconds: job.durationSeconds
        )
    }

    private func violation(in outcome: QueueRun.Outcome) -> String? {
        implementation.conservesElements ? outcome.violation : nil
    }
}

/// At most a hundred of the samples, evenly chosen: enough for a curve.
func thin(_ samples: [MemorySample]) -> [MemorySample] {
    let step = (samples.count + 99) / 100
    return step <= 1 ? samples : stride(from: 0, to: samples.count, by: step).map { samples[$0] }
}

extension MeasurementError {
    static let noAccounting = MeasurementError(
        "this process doesn't run on jemalloc, so memory can't be accounted (is a sanitizer on, or another malloc preloaded?)"
    )
}

extension MeasurementReport {
    subscript(metric: Metric) -> Double? {
        get { metrics[metric.name] }
        set { metrics[metric.name] = newValue }
    }
}
