import ConcurrencySupport

/// Something that is called over a network, simulated: it works, fails and is slow in turn, by the clock.
///
/// What it has served is delivered, whatever its callers make of that.
final class SimulatedDependency: Sendable {
    /// What a caller is told of a call that failed.
    struct Unavailable: Error {}

    private struct Tally {
        var wasted = 0
        var calls = 0
        var wastedNanoseconds: UInt64 = 0
        var latency = Latencies()
        /// For each outage when the first call after it was served.
        var recoveries: [UInt64?]
    }

    private let load: FlappingLoad
    private let clock: any NanosecondClock
    private let ledger: ElementLedger
    /// When elements came in, by number.
    private let arrivals: [UInt64]
    private let start: UInt64
    private let warmupNanoseconds: UInt64
    private let phaseNanoseconds: UInt64
    private let tally: Lock<Tally>

    /// - Parameters:
    ///   - arrivals: when each element came in, from the start.
    ///   - start: what the clock reads then.
    init(
        _ load: FlappingLoad,
        _ conditions: SystemConditions,
        ledger: ElementLedger,
        arrivals: [UInt64],
        start: UInt64
    ) {
        self.load = load
        clock = conditions.clock
        self.ledger = ledger
        self.arrivals = arrivals
        self.start = start
        warmupNanoseconds = UInt64(conditions.warmupSeconds * 1e9)
        phaseNanoseconds = max(1, UInt64(conditions.durationSeconds * 1e9) / UInt64(load.phases))
        tally = Lock(Tally(recoveries: load.outages.map { _ in nil }))
    }

    /// Serves an element, or fails; takes its time.
    func call(_ element: UInt64) async throws {
        let began = clock.nanoseconds()
        let outage = outage(atNanoseconds: began)
        let duration =
            switch outage {
            case nil: load.callNanoseconds
            case .down: load.failureNanoseconds
            case .slow: load.slowNanoseconds
            }
        tally.withLock { tally in
            tally.calls += 1
            if outage != nil {
                tally.wasted += 1
                tally.wastedNanoseconds += UInt64(duration)
            }
        }
        try? await clock.sleep(untilNanoseconds: began + UInt64(duration))
        guard outage != .down else { throw Unavailable() }
        ledger.record(element, .delivered)
        let now = clock.nanoseconds()
        tally.withLock { tally in
            if arrivals.indices.contains(Int(clamping: element)) {
                tally.latency.record(from: start + arrivals[Int(element)], to: now)
            }
            guard outage == nil else { return }
            for index in load.outages.indices where tally.recoveries[index] == nil && now >= end(ofOutage: index) {
                tally.recoveries[index] = now - end(ofOutage: index)
            }
        }
    }

    /// What is wrong with it at a moment; `nil`: nothing.
    func outage(atNanoseconds now: UInt64) -> FlappingLoad.Outage? {
        let elapsed = now - min(now, start + warmupNanoseconds)
        let phase = Int(clamping: elapsed / phaseNanoseconds)
        guard phase % 2 == 1, phase / 2 < load.outages.count else { return nil }
        return load.outages[phase / 2]
    }

    private func end(ofOutage index: Int) -> UInt64 {
        start + warmupNanoseconds + UInt64(2 * index + 2) * phaseNanoseconds
    }

    /// Adds what was counted.
    func report(to figures: inout SystemFigures) {
        tally.withLock { tally in
            figures.setLatency(tally.latency)
            figures[.wastedCalls] = Double(tally.wasted)
            let outages = Double(load.outages.count) * Double(phaseNanoseconds)
            figures[.wastedTimeShare] = Double(tally.wastedNanoseconds) / (Double(load.callers) * outages)
            let recoveries = tally.recoveries.compactMap { $0.map { Double($0) } }
            figures[.recovery] = recoveries.count == tally.recoveries.count ? recoveries.max() : nil
            figures.promises = [
                .init(
                    what: "calls that failed or were slow",
                    value: Double(tally.wasted),
                    most: Double(load.mostWastedCalls(inPhaseOf: phaseNanoseconds) * load.outages.count)
                )
            ]
        }
    }
}

extension FlappingLoad {
    /// The window of a breaker, in calls; it judges from half of that on.
    static let windowCalls = 20
    static let consecutiveFailures = 3

    var phases: Int { 2 * outages.count + 1 }

    /// Those who try again what was put aside.
    var redrivers: Int { max(1, callers / 4) }

    /// The most calls that a circuit breaker lets go wrong in an outage.
    ///
    /// Calls come from the callers and from those who redrive. Those begun before the outage may still succeed in it, each
    /// of which begins the count of consecutive failures anew; when it trips, as many as there are callers may be under
    /// way. After that one probe goes wrong for each wait.
    func mostWastedCalls(inPhaseOf nanoseconds: UInt64) -> Int {
        let atOnce = callers + redrivers
        let untilItTrips = max(FlappingLoad.consecutiveFailures * (atOnce + 1), FlappingLoad.windowCalls)
        let probes = Int(nanoseconds) / waitNanoseconds + 2
        return untilItTrips + atOnce + probes
    }
}
