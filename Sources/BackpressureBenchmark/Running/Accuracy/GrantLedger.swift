import RateLimiters

/// The window with the largest excess over a limiter's envelope. Times in nanoseconds.
struct ExcessWindow: Codable, Sendable, Equatable {
    /// Permits beyond the envelope.
    var excess: Double
    var startNanoseconds: UInt64
    var endNanoseconds: UInt64
    /// Permits granted inside.
    var permits: UInt64
}

/// Follows what a limiter did at exactly known times, and says of each decision whether it was right after all that the
/// limiter had granted before: a grant that breaks the envelope is wrong, and so is a refusal that nothing asked for.
struct GrantLedger {
    private var bucket: BucketLedger?
    private var window: WindowLedger?
    /// The worst of all windows; `nil`: the envelope was kept.
    private(set) var worst: ExcessWindow?
    /// The most permits that were there when a request was refused that they would have sufficed for.
    private(set) var mostWithheld: Double = 0

    init(_ envelope: GrantEnvelope) {
        if let length = envelope.window {
            window = WindowLedger(limit: UInt64(envelope.burst), length: length)
        } else {
            bucket = BucketLedger(rate: envelope.rate, burst: UInt64(envelope.burst))
        }
    }

    /// Takes note of a grant. Times must not go back.
    ///
    /// - Returns: whether it was right.
    mutating func granted(_ permits: UInt64, at now: UInt64) -> Bool {
        guard permits > 0 else { return true }
        guard let excess = bucket?.granted(permits, at: now) ?? window?.granted(permits, at: now) else { return true }
        if excess.excess > worst?.excess ?? 0 { worst = excess }
        return false
    }

    /// Takes note of a refusal.
    ///
    /// - Returns: whether it was right.
    mutating func refused(_ permits: UInt64, at now: UInt64) -> Bool {
        guard let withheld = bucket?.withheld(permits, at: now) ?? window?.withheld(permits, at: now) else {
            return true
        }
        mostWithheld = max(mostWithheld, withheld)
        return false
    }
}

/// A leaky bucket: its level is what the fullest window that ends now holds beyond its rate.
private struct BucketLedger {
    private let unitsPerNanosecond: UInt128
    private let unitsPerPermit: UInt128
    private let burstUnits: UInt128
    private var level: UInt128 = 0
    private var now: UInt64 = 0
    private var windowStart: UInt64 = 0
    private var windowPermits: UInt64 = 0

    init(rate: Rate, burst: UInt64) {
        unitsPerNanosecond = UInt128(rate.permits)
        unitsPerPermit = UInt128(rate.perNanoseconds)
        burstUnits = unitsPerPermit * UInt128(burst)
    }

    private mutating func advance(to time: UInt64) {
        guard time > now else { return }
        let drained = UInt128(time - now) * unitsPerNanosecond
        if drained < level {
            level -= drained
        } else {
            (level, windowStart, windowPermits) = (0, time, 0)
        }
        now = time
    }

    mutating func granted(_ permits: UInt64, at time: UInt64) -> ExcessWindow? {
        advance(to: time)
        level += UInt128(permits) * unitsPerPermit
        windowPermits += permits
        guard level > burstUnits else { return nil }
        return ExcessWindow(
            excess: Double(level - burstUnits) / Double(unitsPerPermit),
            startNanoseconds: windowStart,
            endNanoseconds: now,
            permits: windowPermits
        )
    }

    mutating func withheld(_ permits: UInt64, at time: UInt64) -> Double? {
        advance(to: time)
        let needed = UInt128(permits) * unitsPerPermit
        guard needed <= burstUnits, level <= burstUnits - needed else { return nil }
        return Double(burstUnits - level) / Double(unitsPerPermit)
    }
}

/// What was granted within the shortest and within the longest time that a grant may count.
private struct WindowLedger {
    private let limit: UInt64
    private let length: GrantEnvelope.Window
    private var short = GrantLog()
    private var long = GrantLog()

    init(limit: UInt64, length: GrantEnvelope.Window) {
        self.limit = limit
        self.length = length
    }

    mutating func granted(_ permits: UInt64, at now: UInt64) -> ExcessWindow? {
        short.append(permits, at: now)
        long.append(permits, at: now)
        short.forget(olderThan: length.shortest, at: now)
        guard short.permits > limit, let first = short.entries.first else { return nil }
        return ExcessWindow(
            excess: Double(short.permits - limit),
            startNanoseconds: first.nanoseconds,
            endNanoseconds: now,
            permits: short.permits
        )
    }

    mutating func withheld(_ permits: UInt64, at now: UInt64) -> Double? {
        long.forget(olderThan: length.longest, at: now)
        guard permits <= limit, long.permits <= limit - permits else { return nil }
        return Double(limit - long.permits)
    }
}
