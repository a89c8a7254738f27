import BackpressureTesting

/// When each producer of an open-loop run means to offer its elements: the times that latency is measured from.
///
/// The same arrival, duration, producers and seed give the same schedule on every platform. Making one is
/// O(arrivals), and so is the memory: 8 bytes each.
package struct ArrivalSchedule: Sendable, Equatable {
    /// The most arrivals that a schedule is made for: 400 MB.
    package static let maximumArrivals = 50_000_000

    /// For each producer its times in nanoseconds from the start of the run, in rising order and below its duration.
    package let startNanoseconds: [[UInt64]]

    /// All arrivals.
    package var count: Int { startNanoseconds.reduce(0) { $0 + $1.count } }

    /// The times of all arrivals, dealt to the producers in turn.
    ///
    /// - Returns: `nil` for arrivals that follow from the run itself: closed-loop, alternating, round trip and idle.
    /// - Throws: ``ArrivalScheduleError`` if more than ``maximumArrivals`` are expected.
    /// - Precondition: `durationSeconds` is finite and not negative, there is a producer, and rates, phases and speed-up
    ///   are finite and above 0.
    package init?(
        _ arrival: Arrival,
        durationSeconds: Double,
        producers: Int,
        seed: UInt64
    ) throws(ArrivalScheduleError) {
        guard let expected = Self.expectedArrivals(arrival, durationSeconds: durationSeconds) else { return nil }
        guard expected <= Double(Self.maximumArrivals) else { throw .tooMany(expected: expected) }
        let end = UInt64((durationSeconds * nanosecondsPerSecond).rounded())
        var random = SeededGenerator(seed: seed)
        var deal = RoundRobin(producers: producers, expected: Int(expected.rounded(.up)))
        switch arrival {
        case .closedLoop, .alternating, .roundTrip, .idle: return nil
        case .constant(let rate): deal.evenly(ratePerSecond: rate, until: end)
        case .poisson: deal.poisson(expected: expected, until: end, using: &random)
        case .onOff(let rate, let onSeconds, let offSeconds):
            deal.inPhases(ratePerSecond: rate, on: onSeconds, off: offSeconds, until: end)
        case .trace(_, let speedup, let requestsPerSecond):
            deal.replay(requestsPerSecond, speedup: speedup, until: end, using: &random)
        }
        startNanoseconds = deal.startNanoseconds
    }

    /// How many arrivals a schedule would hold, on average where it is random; `nil` where there is none. A second of a
    /// trace that the run ends in counts in full. O(1), for a trace O(seconds).
    package static func expectedArrivals(_ arrival: Arrival, durationSeconds: Double) -> Double? {
        switch arrival {
        case .closedLoop, .alternating, .roundTrip, .idle: return nil
        case .constant(let rate), .poisson(let rate): return rate * durationSeconds
        case .onOff(let rate, let onSeconds, let offSeconds):
            let cycles = (durationSeconds / (onSeconds + offSeconds)).rounded(.down)
            let rest = durationSeconds - cycles * (onSeconds + offSeconds)
            return rate * (cycles * onSeconds + min(rest, onSeconds))
        case .trace(_, let speedup, let requestsPerSecond):
            let seconds = (durationSeconds * speedup).rounded(.up)
            let replayed = requestsPerSecond.prefix(Int(min(seconds, Double(requestsPerSecond.count))))
            return Double(replayed.reduce(0) { $0 + UInt64($1) })
        }
    }
}

/// Why there is no schedule.
package enum ArrivalScheduleError: Error, Sendable, Equatable, CustomStringConvertible {
    case tooMany(expected: Double)

    package var description: String {
        switch self {
        case .tooMany(let expected):
            "about \(YAMLNumber.text(expected.rounded())) arrivals in one run are more than the "
                + "\(ArrivalSchedule.maximumArrivals) that a schedule may hold; lower the rate or the duration"
        }
    }
}

private let nanosecondsPerSecond = 1e9

/// Deals rising times to producers in turn.
private struct RoundRobin {
    private(set) var startNanoseconds: [[UInt64]]
    private var next = 0

    init(producers: Int, expected: Int) {
        precondition(producers > 0, "a schedule needs a producer")
        startNanoseconds = (0..<producers).map { producer in
            var starts: [UInt64] = []
            starts.reserveCapacity((expected - producer + producers - 1) / producers)
            return starts
        }
    }

    private mutating func deal(_ start: UInt64) {
        startNanoseconds[next].append(start)
        next += 1
        if next == startNanoseconds.count { next = 0 }
    }

    mutating func evenly(ratePerSecond: Double, until end: UInt64) {
        var index = 0.0
        while true {
            let start = UInt64(index * nanosecondsPerSecond / ratePerSecond)
            guard start < end else { return }
            deal(start)
            index += 1
        }
    }

    /// The time of the `n`-th arrival is that of the constant rate, with the pauses put in between.
    mutating func inPhases(ratePerSecond: Double, on onSeconds: Double, off offSeconds: Double, until end: UInt64) {
        let on = UInt64((onSeconds * nanosecondsPerSecond).rounded())
        let off = UInt64((offSeconds * nanosecondsPerSecond).rounded())
        var index = 0.0
        while true {
            let busy = UInt64(index * nanosecondsPerSecond / ratePerSecond)
            let start = busy + busy / on * off
            guard start < end else { return }
            deal(start)
            index += 1
        }
    }

    /// Slices of equal length, each with a Poisson-distributed number of arrivals at uniform times: a Poisson process.
    mutating func poisson(expected: Double, until end: UInt64, using random: inout SeededGenerator) {
        let meanPerSlice = 8.0
        let slices = max(1, UInt64((expected / meanPerSlice).rounded(.up)))
        let sampler = PoissonSampler(mean: expected / Double(slices))
        var starts: [UInt64] = []
        for slice in 0..<slices {
            let first = share(slice, of: slices, in: end)
            let length = share(slice + 1, of: slices, in: end) - first
            starts.removeAll(keepingCapacity: true)
            for _ in 0..<sampler.next(using: &random) { starts.append(first + random.below(length)) }
            starts.sort()
            for start in starts { deal(start) }
        }
    }

    /// `whole · part / parts`, rounded down.
    private func share(_ part: UInt64, of parts: UInt64, in whole: UInt64) -> UInt64 {
        let product = whole.multipliedFullWidth(by: part)
        return parts.dividingFullWidth(product).quotient
    }

    /// Second `s` of the trace becomes the nanoseconds `t` with `s <= t · speedup / 10⁹ < s + 1`.
    mutating func replay(
        _ requestsPerSecond: [UInt32],
        speedup: Double,
        until end: UInt64,
        using random: inout SeededGenerator
    ) {
        let nanosecondsPerTraceSecond = nanosecondsPerSecond / speedup
        var starts: [UInt64] = []
        for (second, requests) in requestsPerSecond.enumerated() {
            let first = UInt64((Double(second) * nanosecondsPerTraceSecond).rounded(.up))
            guard first < end else { return }
            let next = UInt64((Double(second + 1) * nanosecondsPerTraceSecond).rounded(.up))
            starts.removeAll(keepingCapacity: true)
            for _ in 0..<requests {
                let start = first + random.below(next - first)
                if start < end { starts.append(start) }
            }
            starts.sort()
            for start in starts { deal(start) }
        }
    }
}
