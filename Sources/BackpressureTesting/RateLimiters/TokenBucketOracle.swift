/// A token bucket without rounding: the specification that every rate limiter's decisions are compared with.
///
/// The bucket holds at most `burst` permits, starts full and gains `permits / perNanoseconds` permits each nanosecond.
/// A request is granted if, and only if, the bucket holds at least what it asks for, and then takes just that.
///
/// The level is an exact whole number of `1 / perNanoseconds` permits (of the reduced fraction), kept in 128 bits: there
/// is no floating point, no rounding and no drift, whatever the rate, the burst and the times. Asking more often never
/// changes what is granted.
///
/// Time comes from outside, in nanoseconds of any clock. A time earlier than one already seen is read as that one: time
/// that goes backwards stands still.
///
/// Every operation is O(1) unless it says otherwise. It is a value: copy it to ask "what if".
public struct TokenBucketOracle: Sendable, Equatable {
    private let rate: PermitRate
    private let capacityUnits: UInt128
    private var levelUnits: UInt128

    /// The most permits that can be granted at once.
    public let burst: UInt64

    /// The latest time seen; 0 before the first request.
    public private(set) var latestNanoseconds: UInt64 = 0

    /// A full bucket.
    ///
    /// - Parameters:
    ///   - permits: permits gained in each `perNanoseconds`; 0: the bucket never refills.
    ///   - perNanoseconds: the time in which they are gained, in nanoseconds. Must not be 0; traps if it is.
    ///   - burst: the permits that the bucket holds when full; 0: nothing is ever granted but requests for 0 permits.
    public init(permits: UInt64, perNanoseconds: UInt64, burst: UInt64) {
        rate = PermitRate(permits: permits, perNanoseconds: perNanoseconds)
        self.burst = burst
        capacityUnits = rate.units(ofPermits: burst)
        levelUnits = capacityUnits
    }

    /// The whole permits that the bucket holds at ``latestNanoseconds``.
    public var availablePermits: UInt64 {
        UInt64(levelUnits / UInt128(rate.unitsPerPermit))
    }

    /// Takes `permits` from the bucket if it holds that many at `now`; takes nothing otherwise.
    ///
    /// - Returns: whether they were granted. Always `true` for 0 permits, always `false` for more than ``burst``.
    public mutating func tryAcquire(_ permits: UInt64 = 1, atNanoseconds now: UInt64) -> Bool {
        advance(to: now)
        let cost = rate.units(ofPermits: permits)
        guard cost <= levelUnits else { return false }
        levelUnits -= cost
        return true
    }

    /// The earliest time at which `permits` would be granted if nothing else is taken before.
    ///
    /// - Returns: a time in nanoseconds, not before ``latestNanoseconds``; `nil` if that is never: more than ``burst``, a
    ///   rate of 0, or beyond the 64 bits of the clock.
    public func earliestGrant(of permits: UInt64) -> UInt64? {
        let cost = rate.units(ofPermits: permits)
        guard cost <= capacityUnits else { return nil }
        guard cost > levelUnits else { return latestNanoseconds }
        guard let wait = rate.nanoseconds(forUnits: cost - levelUnits) else { return nil }
        let (due, overflow) = latestNanoseconds.addingReportingOverflow(wait)
        return overflow ? nil : due
    }

    /// Makes `count` requests of one permit each, evenly spaced over `[start, end]` with one at each end, and says how
    /// many were granted.
    ///
    /// Request `i` is made at `start + i · (end − start) / (count − 1)`, rounded down to a nanosecond; a single request
    /// is made at `start`. Both the answer and the bucket afterwards are the same as after asking one at a time, but
    /// requests that are refused cost nothing: O(granted), however large `count` is.
    ///
    /// - Parameters:
    ///   - count: how many requests; none if 0 or less.
    ///   - start: the time of the first request, in nanoseconds.
    ///   - end: the time of the last request, in nanoseconds; read as `start` if it is earlier.
    public mutating func acquireRepeatedly(
        count: Int,
        fromNanoseconds start: UInt64,
        toNanoseconds end: UInt64
    ) -> Int {
        guard count > 0 else { return 0 }
        let requests = EvenlySpacedRequests(count: count, start: start, end: end)
        var granted = 0
        var next = 0
        while next < count, let due = earliestGrant(of: 1) {
            // A permit that is already there goes to the next request, even to one that lies before the latest time.
            let waits = due > latestNanoseconds
            guard let index = waits ? requests.first(from: next, atOrAfter: due) : next else { break }
            advance(to: requests.time(of: index))
            levelUnits -= rate.units(ofPermits: 1)
            granted += 1
            next = index + 1
        }
        advance(to: requests.time(of: count - 1))
        return granted
    }

    private mutating func advance(to now: UInt64) {
        guard now > latestNanoseconds else { return }
        let gained = rate.units(inNanoseconds: now - latestNanoseconds)
        let room = capacityUnits - levelUnits
        levelUnits = gained < room ? levelUnits + gained : capacityUnits
        latestNanoseconds = now
    }
}

/// The times of requests spread evenly over a closed interval.
private struct EvenlySpacedRequests {
    private let start: UInt64
    private let span: UInt128
    private let gaps: UInt128

    init(count: Int, start: UInt64, end: UInt64) {
        self.start = start
        span = count > 1 && end > start ? UInt128(end - start) : 0
        gaps = UInt128(max(1, count - 1))
    }

    func time(of index: Int) -> UInt64 {
        start + UInt64(UInt128(index) * span / gaps)
    }

    /// The first request at or after `time`, counting from `index`.
    func first(from index: Int, atOrAfter time: UInt64) -> Int? {
        guard time > start else { return index }
        let offset = UInt128(time - start)
        guard offset <= span else { return nil }
        return max(index, Int((offset * gaps + span - 1) / span))
    }
}
