import ConcurrencySupport
import Synchronization

/// Recorded traffic through stages joined by queues: what comes through, how long it takes, and how much is inside.
struct CrowdRun {
    let load: CrowdLoad
    let make: @Sendable (StagedSetup) -> any StagedSystem
    let conditions: SystemConditions

    func perform() async -> SystemFigures {
        let clock = conditions.clock
        let seconds = conditions.warmupSeconds + conditions.durationSeconds
        // The number of arrivals was checked when the scenario was read.
        let schedule = try? ArrivalSchedule(
            load.arrival,
            durationSeconds: seconds,
            producers: 1,
            seed: conditions.seed
        )
        let arrivals = schedule?.startNanoseconds[0] ?? []
        let start = clock.nanoseconds() + 2_000_000
        let record = CrowdRecord(arrivals, start: start, clock: clock)
        let system = make(setup(record))
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await system.run() }
            for (number, nanoseconds) in arrivals.enumerated() {
                try? await clock.sleep(untilNanoseconds: start + nanoseconds)
                record.ledger.offer()
                if await !system.offer(UInt64(number)) { record.ledger.record(UInt64(number), .refused) }
            }
            try? await clock.sleep(untilNanoseconds: start + UInt64(seconds * 1e9))
            // What is inside then is passed through without work, so that the run ends.
            record.isOver.store(true, ordering: .relaxed)
            await system.finish()
        }
        return record.figures(load, seconds: seconds, bottleneck: await system.bottleneck)
    }

    /// What stages are called, by index.
    static func name(ofStage index: Int) -> String { "stage \(index + 1)" }

    private func setup(_ record: CrowdRecord) -> StagedSetup {
        let servers = load.stages.map {
            ReckonedServers($0.workers, serviceNanoseconds: $0.serviceNanoseconds, clock: conditions.clock)
        }
        let (last, inspection, malformed) = (load.stages.count - 1, load.inspection, load.malformedOneIn)
        return StagedSetup(
            stages: load.stages.enumerated().map { index, stage in
                .init(name: Self.name(ofStage: index), workers: stage.workers, capacity: load.capacity)
            },
            work: { stage, element in
                if !record.isOver.load(ordering: .relaxed) { await servers[stage].serve() }
                if stage == inspection, let malformed, element % UInt64(malformed) == UInt64(malformed) - 1 {
                    throw Malformed()
                }
                if stage == last { record.through(element) }
            },
            deadLetter: { record.ledger.record($0, .deadLettered) }
        )
    }

    private struct Malformed: Error {}
}

/// What is noted of each element.
private final class CrowdRecord: Sendable {
    let ledger: ElementLedger
    /// Set when nothing is to be worked on any more.
    let isOver = Atomic(false)
    private let arrivals: [UInt64]
    private let start: UInt64
    private let clock: any NanosecondClock
    private let latencies = Lock(Latencies())

    init(_ arrivals: [UInt64], start: UInt64, clock: any NanosecondClock) {
        self.arrivals = arrivals
        self.start = start
        self.clock = clock
        ledger = ElementLedger(elements: arrivals.count)
    }

    /// The last stage is done with an element. After the end of the run that wasn't work: it has waited until now at least.
    func through(_ element: UInt64) {
        ledger.record(element, isOver.load(ordering: .relaxed) ? .left : .delivered)
        guard arrivals.indices.contains(Int(clamping: element)) else { return }
        let now = clock.nanoseconds()
        latencies.withLock { $0.record(from: start + arrivals[Int(element)], to: now) }
    }

    func figures(_ load: CrowdLoad, seconds: Double, bottleneck: String?) -> SystemFigures {
        let account = ledger.close()
        var figures = SystemFigures(account: account)
        figures.promises = [
            .init(what: "elements inside at once", value: Double(account.peakInside), most: Double(load.bound))
        ]
        figures[.throughput] = seconds > 0 ? Double(account.delivered) / seconds : nil
        if account.offered > 0 {
            figures[.refusedShare] = Double(account.refused) / Double(account.offered)
        }
        figures[.peakInside] = Double(account.peakInside)
        figures[.left] = Double(account.left)
        figures[.deadLettered] = Double(account.deadLettered)
        figures[.bottleneckNamed] = bottleneck.map {
            $0 == CrowdRun.name(ofStage: load.bottleneck) ? 1 : 0
        }
        latencies.withLock { figures.setLatency($0) }
        return figures
    }
}
