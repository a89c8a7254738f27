/// A limit on every window of a length, by counting: the specification that sliding logs and windows are compared with.
///
/// Every grant is kept for ever, with its time. A request at time t is granted if, and only if, the grants in the window
/// (t − length, t] leave room for it. Windows are half open: what was granted at s no longer counts at s + length.
///
/// Time comes from outside, in nanoseconds of any clock. A time earlier than one already seen is read as that one: time that
/// goes backwards stands still.
///
/// It is a value: copy it to ask "what if".
public struct SlidingWindowOracle: Sendable {
    /// One grant.
    public struct Grant: Sendable, Hashable {
        /// When, in nanoseconds.
        public var nanoseconds: UInt64
        /// How much.
        public var permits: UInt64
    }

    /// The most permits in any window.
    public let limit: UInt64

    /// The length of a window.
    public let windowNanoseconds: UInt64

    /// All grants so far, oldest first.
    public private(set) var grants: [Grant] = []

    /// The latest time seen; 0 before the first request.
    public private(set) var latestNanoseconds: UInt64 = 0

    /// Nothing granted yet.
    ///
    /// - Parameters:
    ///   - limit: the most permits in any window.
    ///   - windowNanoseconds: the length of a window. Must not be 0; traps if it is.
    public init(limit: UInt64, windowNanoseconds: UInt64) {
        precondition(windowNanoseconds > 0, "a window must be longer than zero")
        self.limit = limit
        self.windowNanoseconds = windowNanoseconds
    }

    /// The permits granted in (t − length, t], for the latest time t. O(grants in the window).
    public var permitsInWindow: UInt64 {
        var sum: UInt64 = 0
        for grant in grants.reversed() {
            if latestNanoseconds - grant.nanoseconds >= windowNanoseconds { break }
            sum += grant.permits
        }
        return sum
    }

    /// Grants `permits` if the window that ends at `now` has room for that many; grants nothing otherwise.
    /// O(grants in the window).
    ///
    /// - Returns: whether they were granted. Always `true` for 0 permits, always `false` for more than ``limit``.
    public mutating func tryAcquire(_ permits: UInt64 = 1, atNanoseconds now: UInt64) -> Bool {
        latestNanoseconds = max(latestNanoseconds, now)
        guard permits > 0 else { return true }
        guard permits <= limit, permitsInWindow <= limit - permits else { return false }
        grants.append(Grant(nanoseconds: latestNanoseconds, permits: permits))
        return true
    }

    /// Takes note of what somebody else granted, whether or not there was room for it; to ask afterwards what the rest is.
    public mutating func record(_ permits: UInt64, atNanoseconds time: UInt64) {
        latestNanoseconds = max(latestNanoseconds, time)
        grants.append(Grant(nanoseconds: latestNanoseconds, permits: permits))
    }

    /// The earliest time at which `permits` would be granted if nothing else is granted before. O(grants in the window).
    ///
    /// - Returns: a time in nanoseconds, not before ``latestNanoseconds``; `nil` if that is never: more than ``limit``, or
    ///   beyond the 64 bits of the clock.
    public func earliestGrant(of permits: UInt64) -> UInt64? {
        guard permits <= limit else { return nil }
        // From the newest back to the first that must have left the window by then.
        var kept: UInt64 = 0
        for grant in grants.reversed() {
            if latestNanoseconds - grant.nanoseconds >= windowNanoseconds { break }
            kept += grant.permits
            guard kept > limit - permits else { continue }
            let (time, overflow) = grant.nanoseconds.addingReportingOverflow(windowNanoseconds)
            return overflow ? nil : time
        }
        return latestNanoseconds
    }
}
