public import Backpressure

/// Checks that a token bucket keeps the promises of ``RateLimiter``, decision by decision, on a clock that stands still
/// until it is told to move; for the unit tests of whoever writes one.
///
///     @Test(.timeLimit(.minutes(1)), arguments: RateLimiterCheck.allCases)
///     func conforms(check: RateLimiterCheck) async throws {
///         try await RateLimiterConformance { MyBucket(rate: $0, burst: $1, clock: $2) }.run(check)
///     }
///
/// The limiter must read the clock that it is given, and must wait on it.
public struct RateLimiterConformance<Limiter: RateLimiter>: Sendable {
    /// Makes a limiter with the given rate, burst and clock, whose bucket is full.
    public typealias MakeLimiter = @Sendable (Rate, Int, ManualClock) -> Limiter

    let makeLimiter: MakeLimiter

    /// A suite for the limiters that `makeLimiter` makes. It is called many times.
    public init(makeLimiter: @escaping MakeLimiter) {
        self.makeLimiter = makeLimiter
    }

    /// Runs one check.
    ///
    /// - Throws: ``ConformanceFailure`` if the limiter doesn't keep the promise.
    public func run(_ check: RateLimiterCheck) async throws(ConformanceFailure) {
        let expectations = Expectations(check: check.rawValue)
        switch check {
        case .decisionsEqualOracle: try await checkDecisions(expectations)
        case .envelopeHoldsAtAnyRate: try await checkEnvelope(expectations)
        case .restEarnsNoMoreThanBurst: try await checkRest(expectations)
        case .retryAfterIsExact: try await checkRetryAfter(expectations)
        case .exceedsBurst: try await checkExceedsBurst(expectations)
        case .clockSetBackOpensNothing: try await checkClockSetBack(expectations)
        case .clockSetBackFreezesNothing: try await checkClockSetBackFreezesNothing(expectations)
        case .contentionKeepsBurst: try await checkContention(expectations)
        case .acquireKeepsOrder: try await checkOrder(expectations)
        case .acquireFailsAtOnce: try await checkTimeout(expectations)
        case .zeroTimeoutIsTimeout: try await checkZeroTimeout(expectations)
        case .cancellationGivesBack: try await checkCancellation(expectations)
        }
    }

    /// Runs the checks one after the other; all of them unless told otherwise.
    ///
    /// - Throws: the first ``ConformanceFailure``.
    public func runAll(
        _ checks: some Sequence<RateLimiterCheck> = RateLimiterCheck.allCases
    ) async throws(ConformanceFailure) {
        for check in checks { try await run(check) }
    }

    /// Rates that integers of a bucket's size can hold exactly, from one permit a day on.
    static var exactRates: [Rate] {
        let perSecond: [UInt64] = [
            1, 7, 10_000, 80_000, 700_000, 1_000_000, 1_500_000, 3_000_000, 7_000_000, 300_000_000,
        ]
        return [Rate(permits: 1, perNanoseconds: 86_400_000_000_000)] + perSecond.map { Rate.perSecond($0) }
    }

    /// Rates whose fractions are not simple.
    static var otherRates: [Rate] { [17, 999_983, 123_456_789, 1_073_741_823].map { Rate.perSecond($0) } }
}

extension TokenBucketOracle {
    init(rate: Rate, burst: Int) {
        self.init(permits: rate.permits, perNanoseconds: rate.perNanoseconds, burst: UInt64(burst))
    }
}

extension Rate {
    /// The time in which so many permits are earned, rounded down.
    func nanoseconds(forPermits count: Int) -> UInt64 {
        let (high, low) = perNanoseconds.multipliedFullWidth(by: UInt64(count))
        return permits.dividingFullWidth((high, low)).quotient
    }
}
