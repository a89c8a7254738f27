public import Backpressure

/// Checks that a rate limiter keeps the promises of ``RateLimiter``, decision by decision, on a clock that stands still until
/// it is told to move; for the unit tests of whoever writes one.
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

    /// Makes a limiter with the given limit, window and clock, that has granted nothing yet.
    public typealias MakeWindowLimiter = @Sendable (Int, Duration, ManualClock) -> Limiter

    /// Decides the random scripts and schedules: the same seed, the same ones. What the machine's scheduler decides under
    /// contention isn't among them.
    public var seed: UInt64 = 0
    let makeLimiter: @Sendable (CheckedEnvelope, ManualClock) -> Limiter
    /// Envelopes in which every decision can be foretold.
    let exactEnvelopes: [CheckedEnvelope]
    /// Envelopes which rounding may move a little.
    let roundedEnvelopes: [CheckedEnvelope]
    /// An envelope of about so many permits, each of which takes so long to be earned.
    let makeEnvelope: @Sendable (_ burst: Int, _ permitNanoseconds: UInt64) -> CheckedEnvelope

    /// A suite for the token buckets that `makeLimiter` makes. It is called many times.
    public init(makeLimiter: @escaping MakeLimiter) {
        self.makeLimiter = { checked, clock in
            guard case .tokenBucket(let rate, let burst) = checked.envelope else {
                preconditionFailure("a suite of token buckets makes no windows")
            }
            return makeLimiter(rate, burst, clock)
        }
        makeEnvelope = { burst, permitNanoseconds in
            CheckedEnvelope(.tokenBucket(rate: Rate(permits: 1, perNanoseconds: permitNanoseconds), burst: burst))
        }
        (exactEnvelopes, roundedEnvelopes) = (
            Self.envelopes(of: Self.exactRates), Self.envelopes(of: Self.otherRates)
        )
    }

    /// A suite for the limiters of sliding windows that `makeLimiter` makes. It is called many times.
    ///
    /// - Parameters:
    ///   - lateness: given a window, by how much longer the limiter may remember some of what it granted; zero, whatever the
    ///     window, for one whose every decision is exact. It may never remember anything for a shorter time.
    ///   - makeLimiter: makes the limiter.
    public init(
        windowsLateBy lateness: @escaping @Sendable (Duration) -> Duration,
        makeLimiter: @escaping MakeWindowLimiter
    ) {
        self.makeLimiter = { checked, clock in
            guard case .window(let limit, let length) = checked.envelope else {
                preconditionFailure("a suite of windows makes no token buckets")
            }
            return makeLimiter(limit, length, clock)
        }
        let makeEnvelope = { @Sendable (limit: Int, permitNanoseconds: UInt64) in
            let length = Duration.nanoseconds(Int64(permitNanoseconds) * Int64(limit))
            return CheckedEnvelope(
                .window(limit: limit, length: length),
                lateness: lateness(length).wholeNanoseconds
            )
        }
        self.makeEnvelope = makeEnvelope
        exactEnvelopes = [1, 7, 1_000, 999_983, 864_000_000_000].flatMap { permitNanoseconds in
            [1, 3, 100].map { makeEnvelope($0, permitNanoseconds) }
        }
        roundedEnvelopes = exactEnvelopes
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
    private static var exactRates: [Rate] {
        let perSecond: [UInt64] = [
            1, 7, 10_000, 80_000, 700_000, 1_000_000, 1_500_000, 3_000_000, 7_000_000, 300_000_000,
        ]
        return [Rate(permits: 1, perNanoseconds: 86_400_000_000_000)] + perSecond.map { Rate.perSecond($0) }
    }

    /// Rates whose fractions are not simple.
    private static var otherRates: [Rate] { [17, 999_983, 123_456_789, 1_073_741_823].map { Rate.perSecond($0) } }

    private static func envelopes(of rates: [Rate]) -> [CheckedEnvelope] {
        rates.flatMap { rate in [1, 3, 100].map { CheckedEnvelope(.tokenBucket(rate: rate, burst: $0)) } }
    }
}
