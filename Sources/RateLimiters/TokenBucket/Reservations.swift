internal import ConcurrencySupport

/// A limiter that can promise permits for a later time: what ``RateLimiter/acquire(_:timeout:)`` needs.
protocol ReservingLimiter: RateLimiter {
    associatedtype ClockType: NanosecondClock
    nonisolated var clock: ClockType { get }

    /// Takes the next place in the line if the wait is no longer than `longestNanoseconds`.
    func reserve(_ permits: UInt64, longestNanoseconds: UInt64) async -> Reservation
    /// Gives a place back, if it is the last one.
    func cancel(arrival: UInt64, permits: UInt64) async
}

enum Reservation {
    /// The permits are the caller's from `nanoseconds` on; `arrival` identifies the place.
    case granted(atNanoseconds: UInt64, arrival: UInt64)
    case refused(waitNanoseconds: UInt64)
    case exceedsBurst
}

extension ReservingLimiter {
    func waitForPermits(_ permits: Int, timeout: Duration?) async throws(AcquireError) {
        precondition(permits > 0, "a request must be for at least one permit; got \(permits)")
        if Task.isCancelled { throw .cancelled }
        let longest = timeout.map(\.nanosecondsClampedToZero) ?? UInt64.max
        switch await reserve(UInt64(permits), longestNanoseconds: longest) {
        case .exceedsBurst:
            throw .exceedsBurst
        case .refused(let wait):
            throw .timeout(retryAfter: Acquisition.Delay(nanoseconds: wait))
        case .granted(let instant, let arrival):
            do {
                try await clock.sleep(untilNanoseconds: instant)
            } catch {
                await cancel(arrival: arrival, permits: UInt64(permits))
                throw .cancelled
            }
        }
    }
}

extension Duration {
    /// Whole nanoseconds, rounded down; 0 for negative durations, `UInt64.max` for what doesn't fit.
    var nanosecondsClampedToZero: UInt64 {
        guard self > .zero else { return 0 }
        let (seconds, attoseconds) = components
        let (whole, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflowAgain) = whole.addingReportingOverflow(UInt64(attoseconds / 1_000_000_000))
        return overflow || overflowAgain ? .max : sum
    }
}

extension TokenBucketAlgebra {
    /// What a reservation does to the theoretical arrival time: the new one, or `nil` if nothing was reserved.
    func reserve(
        arrival: UInt64,
        nowNanoseconds: UInt64,
        permits: UInt64,
        longestNanoseconds: UInt64
    ) -> (arrival: UInt64?, answer: Reservation) {
        guard permits <= burst else { return (nil, .exceedsBurst) }
        let now = units(atNanoseconds: nowNanoseconds)
        switch decide(arrival: arrival, now: now, permits: permits) {
        case .grant(let next):
            return (next, .granted(atNanoseconds: nowNanoseconds, arrival: next))
        case .refuse(let wait):
            let nanoseconds = nanoseconds(forUnits: wait)
            let next = now + tolerance + wait
            let (instant, overflow) = nowNanoseconds.addingReportingOverflow(nanoseconds)
            // A line so long that the numbers would wrap before its end (decades) has no more places.
            guard nanoseconds <= longestNanoseconds, next <= UInt64.max - tolerance, !overflow else {
                return (nil, .refused(waitNanoseconds: nanoseconds))
            }
            return (next, .granted(atNanoseconds: instant, arrival: next))
        }
    }

    /// The theoretical arrival time once a place is given back, or `nil` if others have queued up behind it.
    func cancel(arrival: UInt64, reserved: UInt64, permits: UInt64) -> UInt64? {
        arrival == reserved ? arrival - permits * cost : nil
    }
}
