import ConcurrencySupport
import Dispatch
import Synchronization

/// A service whose capacity is halved for the middle third of the run, and what limits make of it.
struct CapacityRun {
    let load: CapacityLoad
    let system: any LimitSystem
    let conditions: SystemConditions

    private static let sampleNanoseconds: UInt64 = 5_000_000

    func perform() async -> SystemFigures {
        let clock = conditions.clock
        let seconds = conditions.warmupSeconds + conditions.durationSeconds
        // The number of arrivals was checked when the scenario was read.
        let schedule = try? ArrivalSchedule(
            .poisson(ratePerSecond: load.load * load.servedPerSecond),
            durationSeconds: seconds,
            producers: 1,
            seed: conditions.seed
        )
        let arrivals = schedule?.startNanoseconds[0] ?? []
        let start = clock.nanoseconds() + 2_000_000
        let record = CapacityRecord(load, conditions, arrivals, start: start)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await observe(record) }
            await request(arrivals, record)
            record.isOver.store(true, ordering: .relaxed)
        }
        return record.figures()
    }

    /// Makes each request when it is due, and returns when all have ended.
    ///
    /// Their tasks are counted: a task group looks through all of its tasks whenever one ends, and without a limit there are a
    /// hundred thousand at once.
    private func request(_ arrivals: [UInt64], _ record: CapacityRecord) async {
        let requests = DispatchGroup()
        for (number, nanoseconds) in arrivals.enumerated() {
            try? await conditions.clock.sleep(untilNanoseconds: record.start + nanoseconds)
            record.ledger.offer()
            requests.enter()
            Task.detached {
                let isDone = await system.attempt { await record.serve(UInt64(number)) }
                if !isDone { record.ledger.record(UInt64(number), .refused) }
                requests.leave()
            }
        }
        await withCheckedContinuation { end in requests.notify(queue: .global()) { end.resume() } }
        try? await conditions.clock.sleep(untilNanoseconds: record.endNanoseconds)
    }

    /// Changes the capacity when it is time, and looks at the limit every now and then.
    private func observe(_ record: CapacityRecord) async {
        var next = record.start
        while !record.isOver.load(ordering: .relaxed) {
            let now = conditions.clock.nanoseconds()
            record.sample(limit: await system.limit, atNanoseconds: now)
            next = max(next + Self.sampleNanoseconds, now)
            try? await conditions.clock.sleep(untilNanoseconds: next)
        }
    }
}

/// The service, and what is noted of each request.
final class CapacityRecord: Sendable {
    let ledger: ElementLedger
    /// Set when nobody looks at the limit any more.
    let isOver = Atomic(false)
    let start: UInt64
    private let load: CapacityLoad
    private let clock: any NanosecondClock
    private let arrivals: [UInt64]
    private let servers: ReckonedServers
    /// When the capacity is halved, when it comes back, and when the run ends.
    private let changes: [UInt64]
    private let measuredNanoseconds: UInt64
    private let state = Lock(State())

    private struct State {
        var latencies = Latencies()
        var inTime = 0
        var limits: [Settling.Sample] = []
        /// Requests that were let in and aren't done.
        var inside = 0
        var peakInside = 0
    }

    init(_ load: CapacityLoad, _ conditions: SystemConditions, _ arrivals: [UInt64], start: UInt64) {
        self.load = load
        self.arrivals = arrivals
        self.start = start
        clock = conditions.clock
        ledger = ElementLedger(elements: arrivals.count)
        servers = ReckonedServers(
            load.servers,
            serviceNanoseconds: load.serviceNanoseconds,
            lateness: .measured,
            clock: clock
        )
        let warm = conditions.warmupSeconds
        let third = conditions.durationSeconds / 3
        changes = [1, 2, 3].map { start + UInt64((warm + third * $0) * 1e9) }
        measuredNanoseconds = start + UInt64(warm * 1e9)
    }

    var endNanoseconds: UInt64 { changes[2] }

    /// How many requests the service works on at once at a moment.
    func capacity(atNanoseconds now: UInt64) -> Int {
        changes[0] <= now && now < changes[1] ? max(1, load.servers / 2) : load.servers
    }

    func serve(_ element: UInt64) async {
        state.withLock { state in
            state.inside += 1
            state.peakInside = max(state.peakInside, state.inside)
        }
        defer { state.withLock { $0.inside -= 1 } }
        // When the run is over, nobody waits for the rest of a backlog: it counts as left.
        end(element, await servers.serve(untilNanoseconds: endNanoseconds) ? .delivered : .left)
    }

    private func end(_ element: UInt64, _ end: ElementLedger.End) {
        ledger.record(element, end)
        let now = clock.nanoseconds()
        let came = start + arrivals[Int(element)]
        state.withLock { state in
            guard came >= measuredNanoseconds else { return }
            state.latencies.record(from: came, to: now)
            if end == .delivered, now < came + UInt64(load.deadlineNanoseconds) { state.inTime += 1 }
        }
    }

    func sample(limit: Int?, atNanoseconds now: UInt64) {
        let capacity = capacity(atNanoseconds: now)
        servers.setWorking(capacity, atNanoseconds: now)
        guard let limit else { return }
        state.withLock {
            $0.limits.append(Settling.Sample(nanoseconds: now, error: Double(limit) / Double(capacity) - 1))
        }
    }

    func figures() -> SystemFigures {
        let account = ledger.close()
        var figures = SystemFigures(account: account)
        state.withLock { state in
            let most = Double(load.highestLimit)
            figures.promises = [.init(what: "requests inside at once", value: Double(state.peakInside), most: most)]
            let seconds = Double(changes[2] - measuredNanoseconds) / 1e9
            // Two thirds of the time with all of it, and one with what is left.
            let share = (2 + Double(max(1, load.servers / 2)) / Double(load.servers)) / 3
            let possible = load.servedPerSecond * share * seconds
            figures[.throughput] = seconds > 0 ? Double(state.inTime) / seconds : nil
            figures[.goodputShare] = possible > 0 ? Double(state.inTime) / possible : nil
            figures[.refusedShare] = account.offered > 0 ? Double(account.refused) / Double(account.offered) : nil
            figures[.peakInside] = Double(state.peakInside)
            figures.setLatency(state.latencies)
            let halved = Settling.time(state.limits, from: changes[0], to: changes[1])
            let returned = Settling.time(state.limits, from: changes[1], to: changes[2])
            figures[.settledHalved] = halved.map { Double($0) }
            figures[.settledReturned] = returned.map { Double($0) }
        }
        return figures
    }
}

/// When a limit that swings has found the capacity.
enum Settling {
    struct Sample: Sendable {
        var nanoseconds: UInt64
        /// How far the limit is from the capacity, as a share of it.
        var error: Double
    }

    /// How far the mean may be off.
    static let tolerance = 0.1
    /// Over which share of the phase the mean is taken.
    static let window = 0.2

    /// From the beginning of a phase until the mean of what follows is within a tenth of the capacity, for as long as the
    /// phase lasts; `nil`: not in this phase.
    static func time(_ samples: [Sample], from begin: UInt64, to end: UInt64) -> UInt64? {
        let phase = samples.filter { begin <= $0.nanoseconds && $0.nanoseconds < end }
        let length = UInt64(Double(end - min(begin, end)) * window)
        var settled: UInt64?
        // From the last window backwards, as long as they are within the tolerance.
        for start in phase.indices.reversed() {
            let last = phase[start].nanoseconds + length
            guard last <= end else { continue }
            let window = phase[start...].prefix { $0.nanoseconds < last }
            let mean = window.reduce(0) { $0 + $1.error } / Double(window.count)
            guard abs(mean) <= tolerance else { break }
            settled = phase[start].nanoseconds - begin
        }
        return settled
    }
}
