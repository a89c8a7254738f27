import BackpressureTesting
import BoundedQueues
import ConcurrencySupport
import Synchronization

/// Requests of four tiers in front of workers: calm, many times too many, calm again; a third of the run each.
struct OverloadRun {
    let load: OverloadLoad
    let system: any AdmissionSystem
    let conditions: SystemConditions

    func perform() async -> SystemFigures {
        let schedule = OverloadSchedule(load, conditions)
        let record = OverloadRecord(schedule, load, start: conditions.clock.nanoseconds() + 2_000_000)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<load.workers { group.addTask { await work(record) } }
            group.addTask { await offer(schedule, record) }
        }
        return record.figures()
    }

    private func offer(_ schedule: OverloadSchedule, _ record: OverloadRecord) async {
        for (number, request) in schedule.requests.enumerated() {
            try? await conditions.clock.sleep(untilNanoseconds: record.start + request.nanoseconds)
            record.ledger.offer()
            record.offered(number, atNanoseconds: conditions.clock.nanoseconds())
            if await system.offer(UInt64(number), tier: request.tier) { continue }
            record.refused(number, atNanoseconds: conditions.clock.nanoseconds())
        }
        try? await conditions.clock.sleep(untilNanoseconds: record.start + schedule.endNanoseconds)
        record.isOver.store(true, ordering: .relaxed)
        await system.close()
    }

    /// One worker. Its time is reckoned, not measured: a request is begun when the one before has ended or when it was
    /// offered, whichever is later, so that timers that fire late take nothing away from the capacity.
    private func work(_ record: OverloadRecord) async {
        var busyUntil: UInt64 = 0
        while let request = await system.take() {
            let number = Int(clamping: request)
            guard !record.isOver.load(ordering: .relaxed) else {
                record.left(number, atNanoseconds: conditions.clock.nanoseconds())
                continue
            }
            busyUntil = max(busyUntil, record.offeredNanoseconds(number)) + UInt64(load.serviceNanoseconds)
            try? await conditions.clock.sleep(untilNanoseconds: busyUntil)
            record.delivered(number, atNanoseconds: conditions.clock.nanoseconds())
        }
    }
}

/// When which request comes in, from the start of the run.
struct OverloadSchedule: Sendable {
    struct Request: Sendable, Equatable {
        var nanoseconds: UInt64
        var tier: PriorityTier
    }

    /// In the order in which they come.
    let requests: [Request]
    /// When the measured part begins, when the overload begins and ends, and when the run does.
    let calmNanoseconds: UInt64
    let overloadNanoseconds: UInt64
    let recoveryNanoseconds: UInt64
    let endNanoseconds: UInt64

    init(_ load: OverloadLoad, _ conditions: SystemConditions) {
        let third = conditions.durationSeconds / 3
        let begins = [0, 1, 2, 3].map { UInt64((conditions.warmupSeconds + third * Double($0)) * 1e9) }
        (calmNanoseconds, overloadNanoseconds) = (begins[0], begins[1])
        (recoveryNanoseconds, endNanoseconds) = (begins[2], begins[3])

        var generator = SeededGenerator(seed: conditions.seed)
        func arrivals(_ share: Double, from start: UInt64, to end: UInt64) -> [UInt64] {
            let rate = share * load.servedPerSecond
            let seconds = Double(end - start) / 1e9
            guard rate > 0, seconds > 0 else { return [] }
            // The number of arrivals was checked when the scenario was read.
            let schedule = try? ArrivalSchedule(
                .poisson(ratePerSecond: rate),
                durationSeconds: seconds,
                producers: 1,
                seed: generator.next()
            )
            return (schedule?.startNanoseconds[0] ?? []).map { start + $0 }
        }
        // Critical requests come all the time alike; it is the others that are too many.
        var requests = arrivals(load.criticalLoad, from: 0, to: endNanoseconds).map {
            Request(nanoseconds: $0, tier: .critical)
        }
        let calm = load.calmLoad - load.criticalLoad
        let others =
            arrivals(calm, from: 0, to: overloadNanoseconds)
            + arrivals(load.overloadFactor - load.criticalLoad, from: overloadNanoseconds, to: recoveryNanoseconds)
            + arrivals(calm, from: recoveryNanoseconds, to: endNanoseconds)
        for nanoseconds in others {
            requests.append(Request(nanoseconds: nanoseconds, tier: Self.tier(generator.below(6))))
        }
        self.requests = requests.sorted { $0.nanoseconds < $1.nanoseconds }
    }

    /// One `high`, two `normal`, three `low` in six.
    private static func tier(_ drawn: UInt64) -> PriorityTier {
        switch drawn {
        case 0: .high
        case 1...2: .normal
        default: .low
        }
    }
}

/// What is noted of each request, and what follows.
final class OverloadRecord: Sendable {
    let ledger: ElementLedger
    /// Set when no more is to be served.
    let isOver = Atomic(false)
    /// What the clock reads when the run begins.
    let start: UInt64
    private let schedule: OverloadSchedule
    private let load: OverloadLoad
    private let state: Lock<State>

    private struct State {
        var offeredNanoseconds: [UInt64]
        /// Of critical requests before the overload.
        var unloaded = Latencies()
        /// Of those that came during the overload.
        var overloaded = PerTier { _ in Latencies() }
        var all = Latencies()
        var refusals = Latencies()
        var inTime = 0
        var recoveredAfter: UInt64?
    }

    init(_ schedule: OverloadSchedule, _ load: OverloadLoad, start: UInt64) {
        self.schedule = schedule
        self.load = load
        self.start = start
        ledger = ElementLedger(elements: schedule.requests.count)
        state = Lock(State(offeredNanoseconds: Array(repeating: 0, count: schedule.requests.count)))
    }

    func offered(_ number: Int, atNanoseconds now: UInt64) {
        state.withLock { $0.offeredNanoseconds[number] = now }
    }

    /// 0 for a request that nobody offered: the ledger finds it.
    func offeredNanoseconds(_ number: Int) -> UInt64 {
        state.withLock { $0.offeredNanoseconds.indices.contains(number) ? $0.offeredNanoseconds[number] : 0 }
    }

    func refused(_ number: Int, atNanoseconds now: UInt64) {
        ledger.record(UInt64(number), .refused)
        state.withLock { $0.refusals.record(from: start + schedule.requests[number].nanoseconds, to: now) }
    }

    func delivered(_ number: Int, atNanoseconds now: UInt64) {
        let inside = ledger.record(UInt64(number), .delivered)
        note(number, endedAt: now)
        guard schedule.requests.indices.contains(number) else { return }
        let latency = Int(clamping: now - min(now, start + schedule.requests[number].nanoseconds))
        let (overload, recovery) = (start + schedule.overloadNanoseconds, start + schedule.recoveryNanoseconds)
        let end = start + schedule.endNanoseconds
        state.withLock { state in
            if overload <= now, now < recovery, latency <= load.deadlineNanoseconds { state.inTime += 1 }
            // Nobody waits any more, and not because the run is over.
            if now >= recovery, now < end, inside <= load.workers, state.recoveredAfter == nil {
                state.recoveredAfter = now - recovery
            }
        }
    }

    /// Not served any more: it has waited until now at least.
    func left(_ number: Int, atNanoseconds now: UInt64) {
        ledger.record(UInt64(number), .left)
        note(number, endedAt: now)
    }

    private func note(_ number: Int, endedAt now: UInt64) {
        guard schedule.requests.indices.contains(number) else { return }
        let request = schedule.requests[number]
        state.withLock { state in
            switch request.nanoseconds {
            case schedule.calmNanoseconds..<schedule.overloadNanoseconds:
                if request.tier == .critical { state.unloaded.record(from: start + request.nanoseconds, to: now) }
            case schedule.overloadNanoseconds..<schedule.recoveryNanoseconds:
                state.overloaded[request.tier].record(from: start + request.nanoseconds, to: now)
                state.all.record(from: start + request.nanoseconds, to: now)
            default: break
            }
        }
    }

    func figures() -> SystemFigures {
        let account = ledger.close()
        var figures = SystemFigures(account: account)
        figures.promises = [
            .init(what: "requests inside at once", value: Double(account.peakInside), most: Double(load.bound))
        ]
        state.withLock { state in
            let seconds = Double(schedule.recoveryNanoseconds - schedule.overloadNanoseconds) / 1e9
            let goodput = seconds > 0 ? Double(state.inTime) / seconds : nil
            figures[.throughput] = goodput
            figures[.goodputShare] = goodput.map { $0 / load.servedPerSecond }
            figures[.refusedShare] =
                account.offered > 0 ? Double(account.refused) / Double(account.offered) : nil
            figures[.refusalP99] = state.refusals.percentile(99)
            figures[.recovery] = state.recoveredAfter.map { Double($0) }
            figures[.peakInside] = Double(account.peakInside)
            figures.setLatency(state.all)
            figures[.unloadedP99] = state.unloaded.percentile(99)
            figures[.criticalP99] = state.overloaded.critical.percentile(99)
            figures[.highP99] = state.overloaded.high.percentile(99)
            figures[.normalP99] = state.overloaded.normal.percentile(99)
            figures[.lowP99] = state.overloaded.low.percentile(99)
            if let loaded = figures[.criticalP99], let unloaded = figures[.unloadedP99], unloaded > 0 {
                figures[.criticalRatio] = loaded / unloaded
            }
        }
        return figures
    }
}
