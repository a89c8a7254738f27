import ConcurrencySupport
import Synchronization

/// A whole system under a flood, made anew for each.
struct SystemFlood: Sendable {
    /// What it may take, by its own promise and what is in it.
    struct Bound: Sendable {
        var bytes: Int
        /// What is wrong with the elements, in words; `nil`: nothing.
        var violation: String?
    }

    /// Makes the system, floods it until the counts say that it is over, and lets go of it.
    let run: @Sendable (FloodCounts) async -> Bound
}

/// What came of the elements so far, for whoever looks on.
final class FloodCounts: Sendable {
    let offered = Atomic(0)
    let accepted = Atomic(0)
    let refused = Atomic(0)
    let taken = Atomic(0)
    /// Set when no more is to be offered, and nothing is to be worked on any more.
    let isOver = Atomic(false)
}

/// A flood of a whole system in a process under a memory cap: it reports as it goes, since the process may die.
struct SystemFloodMeasurement {
    let job: MeasurementJob
    let flood: SystemFlood
    let isControl: Bool
    let tell: (Heartbeat) -> Void

    /// From one look at the memory to the next.
    private let interval: UInt64 = 1_000_000
    /// Every so-manieth look is told.
    private let looksPerHeartbeat = 10

    func perform() throws(MeasurementError) -> MeasurementReport {
        guard Jemalloc.isAccounting else { throw .noAccounting }
        let clock = SystemNanosecondClock()
        let counts = FloodCounts()
        let bound = Lock(SystemFlood.Bound(bytes: 0))
        var peak = 0
        let baseline = Jemalloc.gauges()?.allocated ?? 0
        let workers = Workers()
        let run = flood.run
        workers.startTask {
            let result = await run(counts)
            bound.withLock { $0 = result }
        }
        let start = clock.nanoseconds()
        // A control is flooded for as long as there is time: that it survived must say something about the cap.
        let seconds = isControl ? job.timeLimitSeconds * 0.8 : job.durationSeconds
        let end = start + UInt64(seconds * 1e9)
        var looks = 0
        while clock.nanoseconds() < end {
            if let gauges = Jemalloc.gauges() {
                peak = max(peak, gauges.allocated - baseline)
                if looks.isMultiple(of: looksPerHeartbeat) {
                    tell(heartbeat(gauges, counts, clock.nanoseconds() - start))
                }
            }
            looks += 1
            sleep(nanoseconds: interval)
        }
        let elapsed = clock.nanoseconds() - start
        counts.isOver.store(true, ordering: .relaxed)
        workers.join()
        let retained = max(0, (Jemalloc.gauges()?.allocated ?? 0) - baseline)

        let (result, final) = (bound.withLock { $0 }, FloodTotals(counts))
        var report = MeasurementReport()
        report.violation = result.violation
        report.flood = FloodFigures(
            durationSeconds: Double(elapsed) / 1e9,
            offered: final.offered,
            accepted: final.accepted,
            taken: final.taken,
            refused: final.refused,
            dropped: 0,
            lost: final.accepted - final.taken,
            peakAllocatedBytes: peak,
            retainedBytes: retained,
            peakResidentBytes: ProcessUsage.peakResidentBytes(),
            boundBytes: result.bytes,
            // Nothing is left of it.
            retainedBoundBytes: SystemFlood.allowance
        )
        return report
    }

    private func heartbeat(_ gauges: Jemalloc.Gauges, _ counts: FloodCounts, _ elapsed: UInt64) -> Heartbeat {
        let totals = FloodTotals(counts)
        return Heartbeat(
            memory: MemorySample(elapsedNanoseconds: Int(elapsed), gauges: gauges, depth: nil),
            offered: totals.offered,
            accepted: totals.accepted,
            taken: totals.taken,
            peakResidentBytes: ProcessUsage.peakResidentBytes()
        )
    }
}

private struct FloodTotals {
    let offered: Int
    let accepted: Int
    let refused: Int
    let taken: Int

    init(_ counts: FloodCounts) {
        // In the order against the elements' way, so that nothing seems to have come from nowhere.
        taken = counts.taken.load(ordering: .relaxed)
        refused = counts.refused.load(ordering: .relaxed)
        accepted = counts.accepted.load(ordering: .relaxed)
        offered = counts.offered.load(ordering: .relaxed)
    }
}

extension SystemFlood {
    /// What the runtime, its tasks and timers allocate for themselves meanwhile.
    static let allowance = 1 << 19
}
