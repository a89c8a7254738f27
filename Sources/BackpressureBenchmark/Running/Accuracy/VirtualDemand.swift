import BackpressureTesting

/// Requests on virtual time, the same for the same seed: for the most part of one permit, now and then of several.
struct VirtualDemand {
    struct Request {
        var nanoseconds: UInt64
        var permits: Int
        /// Whether to ask a nanosecond before its permits are due, and again when they are, if that is later: where
        /// rounding shows.
        var isAtEdge: Bool
    }

    /// `nil`: random gaps.
    private var trace: TraceReplay?
    private let meanGapNanoseconds: Double
    private let spell: (on: UInt64, off: UInt64)?
    private let largestRequest: Int
    private let mostlySingle: Bool
    private var generator: SeededGenerator
    private var now: UInt64 = 0

    init(load: LimiterLoad, burst: Int, seed: UInt64) {
        generator = SeededGenerator(seed: seed)
        let interval = 1e9 / load.ratePerSecond
        mostlySingle = load.demand != .mixed
        largestRequest = min(burst, mostlySingle ? 10 : 1_000)
        spell = load.demand.spell
        // Four requests for each permit there is; after a rest, enough to spend a burst at once.
        let meanPermits = mostlySingle ? 1 : Double(1 + largestRequest) / 2
        meanGapNanoseconds = interval * meanPermits / (spell == nil ? 4 : 16)
        if case .trace(_, let speedup, let requests) = load.demand {
            trace = TraceReplay(requests, nanosecondsPerSecond: 1e9 / speedup)
        }
    }

    mutating func next() -> Request {
        if let time = trace?.next(using: &generator) {
            now = time
        } else {
            now += UInt64(2 * generator.unit() * meanGapNanoseconds)
            if let spell, now % (spell.on + spell.off) >= spell.on {
                now += spell.on + spell.off - now % (spell.on + spell.off)
            }
        }
        let draw = generator.next()
        let isLarge = !mostlySingle || draw % 16 == 0
        return Request(
            nanoseconds: now,
            permits: isLarge ? 1 + Int(generator.below(UInt64(largestRequest))) : 1,
            isAtEdge: (draw >> 32) % 8 == 0
        )
    }

    /// Goes on from `moment`, if nobody rests until then.
    ///
    /// - Returns: whether it does.
    mutating func skip(to moment: UInt64) -> Bool {
        guard trace == nil, moment >= now else { return false }
        if let spell {
            let cycle = spell.on + spell.off
            guard moment / cycle == now / cycle, moment % cycle < spell.on else { return false }
        }
        now = moment
        return true
    }
}

/// A trace over and over, request by request: those of a second at random times within it.
private struct TraceReplay {
    private let requestsPerSecond: [UInt32]
    private let nanosecondsPerSecond: Double
    private var second = 0
    /// Times of the second that is being replayed, latest first.
    private var pending: [UInt64] = []

    /// - Precondition: there is a request.
    init(_ requestsPerSecond: [UInt32], nanosecondsPerSecond: Double) {
        precondition(requestsPerSecond.contains { $0 > 0 }, "a trace without requests can't be replayed")
        self.requestsPerSecond = requestsPerSecond
        self.nanosecondsPerSecond = nanosecondsPerSecond
    }

    mutating func next(using generator: inout SeededGenerator) -> UInt64 {
        while true {
            if let time = pending.popLast() { return time }
            let first = UInt64(Double(second) * nanosecondsPerSecond)
            let length = max(1, UInt64(Double(second + 1) * nanosecondsPerSecond) - first)
            for _ in 0..<requestsPerSecond[second % requestsPerSecond.count] {
                pending.append(first + generator.below(length))
            }
            pending.sort(by: >)
            second += 1
        }
    }
}

extension LimiterLoad.Demand {
    /// The lengths of demand and rest in nanoseconds; `nil`: it never rests.
    var spell: (on: UInt64, off: UInt64)? {
        guard case .onOff(let on, let off) = self else { return nil }
        return (UInt64(on * 1e9), UInt64(off * 1e9))
    }

    /// Whether there are rests, after which a limiter that forgets what it granted shows itself.
    var rests: Bool {
        switch self {
        case .onOff, .trace: true
        case .saturated, .mixed, .waiting: false
        }
    }
}
