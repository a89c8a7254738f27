import CForeignImplementations
import ConcurrencySupport
import RateLimiters

/// A rate limiter in a shared library, by the library's own clock: a decision costs one indirect call.
// Sendable because the library promises that its functions can be called by many threads; what is ours is constant.
final class ForeignLimiter: WaitingForeignLimiter, @unchecked Sendable {
    private let limiter: ForeignLimiterHandle
    private let tryAcquireFunction: @convention(c) (UnsafeMutableRawPointer?, UInt32) -> Int32

    let clock: SystemNanosecondClock
    var terms: ForeignLimiterHandle.Terms { limiter.terms }

    /// - Throws: ``MeasurementError`` if the library makes no limiter.
    init(
        _ entry: backpressure_limiter_v1,
        _ setup: LimiterSetup<SystemNanosecondClock>
    ) throws(MeasurementError) {
        limiter = try ForeignLimiterHandle(entry, setup.rate, setup.burst)
        tryAcquireFunction = entry.try_acquire
        clock = setup.clock
    }

    func tryAcquire(_ permits: Int) -> Acquisition {
        limiter.terms.answer(permits) { tryAcquireFunction(limiter.pointer, $0) }
    }
}

/// A rate limiter in a shared library that is told the time.
// Sendable for the same reason.
final class ClockedForeignLimiter<ClockType: NanosecondClock>: WaitingForeignLimiter, @unchecked Sendable {
    private let limiter: ForeignLimiterHandle
    private let tryAcquireFunction: @convention(c) (UnsafeMutableRawPointer?, UInt32, Int64) -> Int32

    let clock: ClockType
    var terms: ForeignLimiterHandle.Terms { limiter.terms }

    /// - Throws: ``MeasurementError`` if the library makes no limiter, or one that can't be told the time.
    init(_ entry: backpressure_limiter_v1, _ setup: LimiterSetup<ClockType>) throws(MeasurementError) {
        guard let function = entry.try_acquire_at else { throw MeasurementError("there is no try_acquire_at (NULL)") }
        limiter = try ForeignLimiterHandle(entry, setup.rate, setup.burst)
        tryAcquireFunction = function
        clock = setup.clock
    }

    func tryAcquire(_ permits: Int) -> Acquisition {
        limiter.terms.answer(permits) { tryAcquireFunction(limiter.pointer, $0, Int64(clock.nanoseconds())) }
    }
}

/// What a library's `create` made, destroyed with the last reference.
// Sendable because it is constant.
final class ForeignLimiterHandle: @unchecked Sendable {
    /// What it was made for.
    struct Terms: Sendable {
        let burst: Int
        let nanosecondsPerPermit: Double

        /// The library's answer in the protocol's words. A refusal in C doesn't say for how long: the time that the
        /// permits take at the limiter's rate is an upper bound for a single caller.
        @inline(__always)
        func answer(_ permits: Int, _ ask: (UInt32) -> Int32) -> Acquisition {
            precondition(permits > 0, "a request needs at least one permit")
            guard permits <= burst, let count = UInt32(exactly: permits) else { return .exceedsBurst }
            let answer = ask(count)
            if answer == 1 { return .granted }
            precondition(answer < 1, "try_acquire returned \(answer); 1 is granted, 0 is refused")
            let nanoseconds = (Double(permits) * nanosecondsPerPermit).rounded(.up)
            return .refused(retryAfter: Acquisition.Delay(nanoseconds: UInt64(nanoseconds)))
        }
    }

    let pointer: UnsafeMutableRawPointer
    let terms: Terms
    private let entry: backpressure_limiter_v1

    init(_ entry: backpressure_limiter_v1, _ rate: Rate, _ burst: Int) throws(MeasurementError) {
        guard let pointer = entry.create(rate.permitsPerSecond, Double(burst)) else {
            throw MeasurementError("create(\(rate.permitsPerSecond), \(Double(burst))) returned NULL")
        }
        self.pointer = pointer
        self.entry = entry
        terms = Terms(burst: burst, nanosecondsPerPermit: 1e9 / rate.permitsPerSecond)
    }

    deinit {
        entry.destroy(pointer)
    }
}

/// Waits for permits by asking again: C has no reservations, so who asks first need not be served first.
protocol WaitingForeignLimiter: SynchronousRateLimiter {
    associatedtype ClockType: NanosecondClock
    var clock: ClockType { get }
    var terms: ForeignLimiterHandle.Terms { get }
}

extension WaitingForeignLimiter {
    func acquire(_ permits: Int, timeout: Duration?) async throws(AcquireError) {
        let start = clock.nanoseconds()
        while true {
            switch await tryAcquire(permits) {
            case .granted: return
            case .exceedsBurst: throw .exceedsBurst
            case .refused(let delay):
                let end = clock.nanoseconds() + delay.nanoseconds
                if let timeout, Duration.nanoseconds(Int64(end - start)) > timeout { throw .timeout(retryAfter: delay) }
                do { try await clock.sleep(untilNanoseconds: end) } catch { throw .cancelled }
            }
        }
    }
}
