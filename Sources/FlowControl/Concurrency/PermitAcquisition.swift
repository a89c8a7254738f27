/// A concurrency limit's answer.
@frozen
public enum PermitAcquisition: Sendable, Hashable {
    /// The permits are the caller's, to be given back.
    case granted
    /// Too many are in use, or others wait for them.
    case refused
    /// A weight over the limit: no wait would help.
    case exceedsLimit

    /// The permits are the caller's.
    @inlinable
    public var isGranted: Bool { self == .granted }
}

/// Why a concurrency limit could not give permits to a caller who was ready to wait. The caller holds none.
public enum PermitError: Error, Hashable, Sendable {
    /// They weren't to be had in the time that the caller allowed.
    case timedOut
    /// A weight over the limit: no wait would help.
    case exceedsLimit
    /// The task was cancelled while it waited, or before.
    case cancelled
}

/// What a concurrency limit has to do now and has done so far.
public struct ConcurrencyLimitStatistics: Sendable, Hashable {
    /// The most permits that can be in use at once.
    public var limit: Int
    /// Permits granted and not given back. Above ``limit`` only after that was lowered.
    public var inUse: Int
    /// Requests that wait.
    public var waiting: Int
    /// Requests granted; `nil` where counting would cost every one a second shared write.
    public var granted: UInt64?
    /// Requests that ended without permits: refused, over the limit, late or cancelled; `nil` likewise.
    public var refused: UInt64?
    /// The most permits that were in use at once; `nil` likewise.
    public var peakInUse: Int?

    /// How much of the limit is in use; above 1 only after the limit was lowered.
    public var utilization: Double { Double(inUse) / Double(limit) }

    /// Gathers the counts of a limit; for implementations.
    public init(limit: Int, inUse: Int, waiting: Int, granted: UInt64?, refused: UInt64?, peakInUse: Int?) {
        self.limit = limit
        self.inUse = inUse
        self.waiting = waiting
        self.granted = granted
        self.refused = refused
        self.peakInUse = peakInUse
    }
}

/// What a weight and a limit may be: both fit a half of the lock-free semaphore's word.
@usableFromInline
enum PermitBounds {
    @usableFromInline static let largestLimit = Int(Int32.max)

    @inlinable @inline(__always)
    static func check(weight: Int) {
        precondition(weight > 0, "a request must be for at least one permit")
    }

    static func check(limit: Int) {
        precondition((1...largestLimit).contains(limit), "a limit is from 1 to \(largestLimit); it was \(limit)")
    }
}
