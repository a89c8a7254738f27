public import DequeModule

/// What a rate limiter remembers and how it decides, as a plain value without a clock or a lock: what ``MutexLimiter`` and
/// ``ActorLimiter`` put behind theirs.
///
/// Times are nanoseconds of the limiter's clock. A request that has to wait takes its permits when it joins the line, as a
/// promise for a later time, so that whoever comes after finds them taken. The line is the driver's; the state says when
/// each place in it is due.
public protocol LimiterState: Sendable {
    /// Answers a request at time `now`; `nil`: the state must be mended first, and has not changed.
    ///
    /// - Parameter permits: at least 1.
    mutating func tryAcquire(_ permits: UInt64, atNanoseconds now: UInt64) -> Acquisition?

    /// Brings the state, and those who wait, in line with a clock that was set back or has run for very long; does nothing
    /// in the ordinary case. Time that goes backwards counts as time that stands still: it neither opens the limiter nor
    /// freezes it.
    ///
    /// - Parameter now: read after the state was.
    mutating func mend(_ line: inout Deque<PermitPlace>, atNanoseconds now: UInt64)

    /// Grants a request now, or promises it the place behind all others if the wait is no longer than `longest`. Called
    /// when the state is mended.
    mutating func reserve(_ permits: UInt64, atNanoseconds now: UInt64, longestNanoseconds: UInt64) -> Reservation

    /// When a place in the line is due.
    func instant(of place: PermitPlace) -> UInt64

    /// The first in the line goes, since its time has come.
    mutating func settle(_ place: PermitPlace)

    /// One in the line, where nobody is due, leaves it: its permits are free again, and those behind it move up.
    mutating func cancel(at index: Int, in line: inout Deque<PermitPlace>, atNanoseconds now: UInt64)
}

/// A place in the line of those who wait for permits.
public struct PermitPlace: Sendable, Hashable {
    /// The permits that it waits for.
    public let permits: UInt64
    /// What the state knows it by: a time in its own units. Those who wait can owe more than 64 bits of them.
    public internal(set) var mark: Int128
}

/// What becomes of a request that is ready to wait.
public enum Reservation: Sendable, Hashable {
    /// The permits are the caller's now.
    case granted
    /// The caller is the last in the line.
    case waiting(PermitPlace)
    /// The wait would be too long, and this long; nothing was reserved.
    case refused(waitNanoseconds: UInt64)
    /// More permits than the burst.
    case exceedsBurst
}
