internal import ConcurrencySupport

/// ``CircuitBreakerSettings`` as whole numbers.
@usableFromInline
struct BreakerTerms: Sendable {
    enum Window: Sendable {
        case calls(Int)
        case time(bucketNanoseconds: UInt64, buckets: Int)
    }

    let window: Window
    @usableFromInline let minimumCalls: Int
    /// In millionths; the greatest number: isn't judged.
    @usableFromInline let failureMillionths: Int
    @usableFromInline let slowMillionths: Int
    /// Longer is slow; the greatest number: no call is.
    @usableFromInline let slowNanoseconds: UInt64
    /// 0: isn't judged.
    @usableFromInline let consecutiveFailures: Int
    @usableFromInline let waitNanoseconds: UInt64
    let backoffFactor: Double
    let longestWaitNanoseconds: UInt64
    let concurrentProbes: Int
    let successesToClose: Int
    let probeTimeoutNanoseconds: UInt64

    /// How long calls took plays a part.
    @inlinable @inline(__always)
    var judgesDurations: Bool { slowNanoseconds != .max }

    static let largestCount = 16_384

    init(_ settings: CircuitBreakerSettings) {
        switch settings.window {
        case .calls(let count):
            precondition((1...Self.largestCount).contains(count), "a window can't be the last \(count) calls")
            precondition(
                settings.minimumCalls <= count,
                "a window of \(count) never holds \(settings.minimumCalls) calls"
            )
            window = .calls(count)
        case .time(let length, let buckets):
            precondition((2...64).contains(buckets), "a window can't have \(buckets) buckets")
            let bucket = length.nanosecondsClamped / UInt64(buckets)
            precondition(
                (1_000_000...UInt64(Int64.max)).contains(bucket),
                "a bucket of a window must last 1 ms at least, and the window some centuries at most; it was \(length)"
            )
            window = .time(bucketNanoseconds: bucket, buckets: buckets)
        }
        precondition(settings.minimumCalls > 0, "there can't be a minimum of \(settings.minimumCalls) calls")
        minimumCalls = settings.minimumCalls
        failureMillionths = Self.millionths(settings.failureRate)
        slowMillionths = Self.millionths(settings.slowCallRate)
        slowNanoseconds = settings.slowCallRate == nil ? .max : settings.slowCallDuration.nanosecondsClamped
        if let count = settings.consecutiveFailures {
            precondition((1...Self.largestCount).contains(count), "\(count) failures in a row can't be judged")
        }
        consecutiveFailures = settings.consecutiveFailures ?? 0
        waitNanoseconds = settings.wait.nanosecondsClamped
        precondition(settings.wait > .zero, "a breaker can't be open for \(settings.wait)")
        precondition(settings.backoffFactor >= 1, "waits can't grow by a factor of \(settings.backoffFactor)")
        backoffFactor = settings.backoffFactor
        longestWaitNanoseconds = max(settings.longestWait.nanosecondsClamped, waitNanoseconds)
        precondition(
            (1...Self.largestCount).contains(settings.concurrentProbes),
            "there can't be \(settings.concurrentProbes) probes at once"
        )
        concurrentProbes = settings.concurrentProbes
        precondition(
            (1...Self.largestCount).contains(settings.successesToClose),
            "a breaker can't close after \(settings.successesToClose) probes"
        )
        successesToClose = settings.successesToClose
        precondition(settings.probeTimeout > .zero, "probes can't be given up after \(settings.probeTimeout)")
        probeTimeoutNanoseconds = settings.probeTimeout.nanosecondsClamped
    }

    private static func millionths(_ rate: Double?) -> Int {
        guard let rate else { return .max }
        let millionths = (rate * 1e6).rounded()
        precondition((1...1e6).contains(millionths), "a share of calls must lie above 0 and up to 1; it was \(rate)")
        return Int(millionths)
    }

    /// The wait after one of `nanoseconds`.
    func waitNanoseconds(after nanoseconds: UInt64) -> UInt64 {
        let next = Double(nanoseconds) * backoffFactor
        return next >= Double(longestWaitNanoseconds) ? longestWaitNanoseconds : max(nanoseconds, UInt64(next))
    }

    /// When to ask again after a refusal. Nobody knows when probes that are out will end: then no later than after the first
    /// wait.
    @inlinable @inline(__always)
    func delay(_ state: CircuitState, until: UInt64, atNanoseconds now: UInt64) -> UInt64? {
        if until == .max { return nil }
        return state == .halfOpen ? min(until &- now, waitNanoseconds) : until &- now
    }

    /// Whether such a window opens the breaker.
    @inlinable @inline(__always)
    func areTooBad(calls: Int, failures: Int, slow: Int) -> Bool {
        calls >= minimumCalls
            && (reaches(failures, of: calls, millionths: failureMillionths)
                || reaches(slow, of: calls, millionths: slowMillionths))
    }

    // A rate that isn't judged is no number that is never reached: among callers that compete there may be more failures
    // than calls for moments.
    @inlinable @inline(__always)
    func reaches(_ count: Int, of calls: Int, millionths: Int) -> Bool {
        millionths != .max && count &* 1_000_000 >= millionths &* calls
    }

    /// How a call is remembered that took until `now`, unless its caller says how long it took.
    @inlinable @inline(__always)
    func result(
        _ outcome: CallOutcome,
        _ permit: CallPermit,
        durationNanoseconds: UInt64?,
        atNanoseconds now: UInt64
    ) -> CallResult {
        let start = permit.startNanoseconds
        let duration = durationNanoseconds ?? (now > start ? now &- start : 0)
        return CallResult(bits: outcome.rawValue | (duration > slowNanoseconds ? CallResult.slowBit : 0))
    }
}

/// Whether a call failed and whether it was slow.
@frozen
@usableFromInline
struct CallResult: Sendable, Hashable {
    @usableFromInline let bits: UInt8

    @usableFromInline static var slowBit: UInt8 { 2 }

    @inlinable @inline(__always)
    init(bits: UInt8) { self.bits = bits }

    @inlinable @inline(__always) var isGood: Bool { bits == 0 }
    @inlinable @inline(__always) var failed: Bool { bits & 1 != 0 }
    @inlinable @inline(__always) var wasSlow: Bool { bits & 2 != 0 }
    /// 1 or 0, to be added up.
    @inlinable @inline(__always) var failures: Int { Int(bits & 1) }
    @inlinable @inline(__always) var slow: Int { Int(bits >> 1) }
}
