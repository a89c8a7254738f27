import BoundedQueues
import ConcurrencySupport
import Synchronization

/// Elements for a dependency that fails and is slow in turn: callers deliver them, and a quarter as many more try
/// again what was put aside.
struct FlappingRun {
    let load: FlappingLoad
    let system: any DeliverySystem
    let conditions: SystemConditions

    /// What is left after that is counted as left: a second is thousands of calls.
    private static let patienceNanoseconds: UInt64 = 2_000_000_000

    func perform() async -> SystemFigures {
        let clock = conditions.clock
        let seconds = conditions.warmupSeconds + conditions.durationSeconds
        // The number of arrivals was checked when the scenario was read.
        let schedule = try? ArrivalSchedule(
            .poisson(ratePerSecond: load.ratePerSecond),
            durationSeconds: seconds,
            producers: 1,
            seed: conditions.seed
        )
        let arrivals = schedule?.startNanoseconds[0] ?? []
        let ledger = ElementLedger(elements: arrivals.count)
        let start = clock.nanoseconds() + 2_000_000
        let dependency = SimulatedDependency(load, conditions, ledger: ledger, arrivals: arrivals, start: start)
        let pending = MutexQueue<UInt64>(capacity: load.capacity, policy: .reject)
        let isOver = Flag()
        let redriven = Counter()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<load.redrivers { group.addTask { await redrive(dependency, isOver, redriven) } }
            await withTaskGroup(of: Void.self) { callers in
                for _ in 0..<load.callers {
                    callers.addTask { await deliver(pending, dependency, ledger) }
                }
                for (number, nanoseconds) in arrivals.enumerated() {
                    try? await clock.sleep(untilNanoseconds: start + nanoseconds)
                    ledger.offer()
                    if !pending.tryPush(UInt64(number)).isAccepted { ledger.record(UInt64(number), .refused) }
                }
                try? await clock.sleep(untilNanoseconds: start + UInt64(seconds * 1e9))
                pending.close()
            }
            isOver.value.store(true, ordering: .relaxed)
        }
        let kept = await system.takeKept()
        for element in kept { ledger.record(element, .left) }
        return figures(ledger, dependency, redriven)
    }

    private func deliver(
        _ pending: MutexQueue<UInt64>,
        _ dependency: SimulatedDependency,
        _ ledger: ElementLedger
    ) async {
        while let element = await pending.pop() {
            let outcome = await system.deliver(element) { try await dependency.call($0) }
            if outcome == .returned { ledger.record(element, .refused) }
        }
    }

    /// Until the run is over and nothing is put aside any more, or for so long that it doesn't matter.
    private func redrive(_ dependency: SimulatedDependency, _ isOver: Flag, _ redriven: Counter) async {
        var end: UInt64?
        while true {
            let now = conditions.clock.nanoseconds()
            if isOver.value.load(ordering: .relaxed) {
                end = end ?? now + Self.patienceNanoseconds
                if now >= end ?? 0 { return }
                if await system.kept == 0 { return }
            }
            try? await conditions.clock.sleep(untilNanoseconds: now + UInt64(load.redriveNanoseconds))
            let delivered = await system.redrive { try await dependency.call($0) }
            redriven.value.wrappingAdd(delivered, ordering: .relaxed)
        }
    }

    private func figures(
        _ ledger: ElementLedger,
        _ dependency: SimulatedDependency,
        _ redriven: Counter
    ) -> SystemFigures {
        var figures = SystemFigures(account: ledger.close())
        dependency.report(to: &figures)
        let account = figures.account
        figures[.throughput] =
            conditions.durationSeconds > 0
            ? Double(account.delivered) / (conditions.warmupSeconds + conditions.durationSeconds) : nil
        if account.offered > 0 {
            figures[.goodputShare] = Double(account.delivered) / Double(account.offered)
            figures[.refusedShare] = Double(account.refused) / Double(account.offered)
        }
        figures[.redriven] = Double(redriven.value.load(ordering: .relaxed))
        figures[.left] = Double(account.left)
        figures[.peakInside] = Double(account.peakInside)
        return figures
    }
}

/// A word that tasks share.
private final class Flag: Sendable {
    let value = Atomic(false)
}

private final class Counter: Sendable {
    let value = Atomic(0)
}
