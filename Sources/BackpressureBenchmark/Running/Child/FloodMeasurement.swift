import BoundedQueues
import ConcurrencySupport

/// A queue, or some at once, flooded at many times the consumers' speed, in a process under a memory cap.
///
/// What matters must be known even if the process dies: it reports as it goes.
struct FloodMeasurement {
    let job: MeasurementJob
    let load: QueueLoad
    let implementation: QueueImplementation
    let tell: (Heartbeat) -> Void

    func perform() throws(MeasurementError) -> MeasurementReport {
        guard let factor = load.overloadFactor, load.serviceTimeNanoseconds > 0 else {
            throw MeasurementError("a stress scenario needs overload_factor and service_time_us")
        }
        guard Jemalloc.isAccounting else { throw .noAccounting }
        let isControl = implementation.role == .control
        var flood = load
        let consumersPerSecond = Double(load.queues * load.consumers) * 1e9 / Double(load.serviceTimeNanoseconds)
        let ratePerSecond = factor * consumersPerSecond
        flood.arrival = .constant(ratePerSecond: ratePerSecond)

        var baseline = 0
        var queueBytes = 0
        var peak = 0
        var retained = 0
        var capacity = load.queues * load.capacity
        var samples: [MemorySample] = []
        var observer = QueueRun.Observer()
        observer.beforeQueue = { baseline = Jemalloc.gauges()?.allocated ?? 0 }
        observer.queueMade = { queueBytes = (Jemalloc.gauges()?.allocated ?? 0) - baseline }
        observer.sampleIntervalNanoseconds = 1_000_000
        let patience = UInt64(job.timeLimitSeconds * 0.8e9)
        let clock = SystemNanosecondClock()
        let begin = clock.nanoseconds()
        observer.goesOn = { _ in isControl && clock.nanoseconds() - begin < patience }
        let isForeign = implementation.library != nil
        observer.sample = { progress, elapsed in
            guard let gauges = Jemalloc.gauges() else { return }
            peak = max(peak, gauges.allocated - baseline)
            // Every millisecond is watched, every tenth is told.
            guard samples.isEmpty || Int(elapsed) - samples[samples.count - 1].elapsedNanoseconds >= 10_000_000 else {
                return
            }
            let sample = MemorySample(
                elapsedNanoseconds: Int(elapsed),
                gauges: gauges,
                // In C there is nothing to ask for it, and to ask a thousand queues would disturb them.
                depth: isForeign || load.queues > 16 ? nil : progress.sum { $0.depth }
            )
            samples.append(sample)
            tell(
                Heartbeat(
                    memory: sample,
                    offered: progress.offered,
                    accepted: progress.accepted,
                    taken: progress.taken,
                    peakResidentBytes: ProcessUsage.peakResidentBytes()
                )
            )
        }
        observer.drained = { progress in
            capacity = progress.sum { $0.capacity }
            let allocated = (Jemalloc.gauges()?.allocated ?? 0) - baseline
            peak = max(peak, allocated)
            retained = max(0, allocated)
        }

        var run = QueueRun(
            implementation: implementation,
            load: flood,
            driver: job.driver,
            seed: job.seed,
            warmupSeconds: 0,
            durationSeconds: isControl ? max(job.durationSeconds, secondsToDie(ratePerSecond)) : job.durationSeconds
        )
        // A thousand histograms would weigh more than what is flooded.
        run.recordsLatency = false
        let outcome = try run.perform(observer: observer)

        var report = MeasurementReport()
        report.violation = outcome.violation
        report.flood = FloodFigures(
            durationSeconds: outcome.measured.seconds,
            offered: outcome.offered,
            accepted: outcome.accepted,
            taken: outcome.taken,
            refused: outcome.refused,
            dropped: outcome.dropped + outcome.evicted,
            lost: outcome.lost,
            peakAllocatedBytes: peak,
            retainedBytes: retained,
            peakResidentBytes: ProcessUsage.peakResidentBytes(),
            boundBytes: boundBytes(capacity: capacity).map { queueBytes + $0 },
            retainedBoundBytes: queueBytes + retainedBytes
        )
        return report
    }

    /// How long what is offered takes to come to twice the cap. A control is flooded for as long at least, and on a slow
    /// machine until that much was offered: that it survived must say something about the cap, never about the machine.
    private func secondsToDie(_ ratePerSecond: Double) -> Double {
        2 * Double(load.memoryCapBytes ?? 0) / (ratePerSecond * Double(load.payloadBytes))
    }

    /// What may be allocated beside the queue's own storage: the elements in it and in its store, those in the hands of
    /// its producers (one offered, one evicted) and consumers, and an allowance for the workers themselves. `capacity` is
    /// what the queues say they keep: what was asked for, unless they are foreign and round up. `nil`: that is no bound.
    private func boundBytes(capacity: Int) -> Int? {
        guard capacity / load.queues <= ScenarioLimits.capacity.upperBound * 2 else { return nil }
        let element = Jemalloc.allocationSize(load.payloadBytes) + Jemalloc.allocationSize(Payload.objectBytes)
        let stored = load.queues * (load.mostElements - load.capacity)
        let elements = capacity + stored + load.queues * (2 * load.producers + load.consumers)
        // A store that grows has its references twice for a moment, in memory that is doubled each time.
        let store = stored * 4 * MemoryLayout<UInt>.size
        return elements * element + store + workerBytes + allowance
    }

    /// What a drained queue may keep beside the storage that it was made with: room for as many elements as it ever held,
    /// which a growing array doubles, and none of them.
    private var retainedBytes: Int {
        load.queues * load.mostElements * 4 * MemoryLayout<UInt>.size + workerBytes + allowance
    }

    /// A thread's own memory, or a task's with the continuation that it waits on.
    private var workerBytes: Int {
        load.queues * (load.producers + load.consumers) * (job.driver == .threads ? 16_384 : 4_096)
    }

    /// What the runtime allocates for itself meanwhile.
    private var allowance: Int { 262_144 }
}

extension Payload {
    /// A Swift object's header and one pointer.
    static let objectBytes = 24
}
