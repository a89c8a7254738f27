import BackpressureTesting
import ConcurrencySupport
import RateLimiters

@testable import BackpressureBenchmark

/// A sliding window to the nanosecond behind a lock, right but for what it is told to do wrong.
final class WindowLimiter<ClockType: NanosecondClock>: SynchronousRateLimiter {
    private let oracle: Lock<WindowOracle>
    private let clock: ClockType

    /// - Parameters:
    ///   - extraPermits: that it grants beyond the limit.
    ///   - extraNanoseconds: that a grant counts longer than the window.
    init(_ setup: LimiterSetup<ClockType>, extraPermits: Int = 0, extraNanoseconds: Int = 0) {
        let length = Int(setup.windowNanoseconds) + extraNanoseconds
        let limit = UInt64(setup.burst + extraPermits)
        oracle = Lock(WindowOracle(limit: limit, lengthNanoseconds: UInt64(length)))
        clock = setup.clock
    }

    func tryAcquire(_ permits: Int) -> Acquisition {
        oracle.withLock { oracle in
            oracle.tryAcquire(UInt64(permits), atNanoseconds: clock.nanoseconds())
                ? .granted : .refused(retryAfter: .init(nanoseconds: 1))
        }
    }

    func acquire(_ permits: Int, timeout: Duration?) async throws(AcquireError) {
        while !tryAcquire(permits).isGranted {
            do { try await clock.sleep(untilNanoseconds: clock.nanoseconds() + 100_000) } catch { throw .cancelled }
        }
    }
}

extension LimiterImplementation {
    /// The same as the harness knows it.
    static func window(
        _ specification: Specification = .slidingLog,
        extraPermits: Int = 0,
        extraNanoseconds: Int = 0
    ) -> LimiterImplementation {
        LimiterImplementation(
            id: "window",
            family: .mutex,
            summary: "a sliding window",
            specification: specification,
            real: {
                LimiterInstance(
                    WindowLimiter($0, extraPermits: extraPermits, extraNanoseconds: extraNanoseconds)
                )
            },
            virtual: {
                LimiterInstance(
                    WindowLimiter($0, extraPermits: extraPermits, extraNanoseconds: extraNanoseconds)
                )
            }
        )
    }
}
