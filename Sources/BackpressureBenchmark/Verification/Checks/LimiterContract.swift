import BackpressureTesting
import ConcurrencySupport
import RateLimiters

extension VerificationCheck {
    /// The conformance suite of rate limiters: every promise of the protocol, on a clock that the suite moves.
    static let limiterContract = VerificationCheck(
        id: "contract",
        mechanism: .limiter,
        summary:
            "the protocol's promises one by one: decisions, retry-after, waiting in order, timeouts, clocks set back",
        fixedSeconds: 1.5,
        cases: [.promise],
        reasonAgainst: { subject in
            guard case .limiter(let limiter) = subject else { return "for limiters" }
            if limiter.virtual == nil { return "takes no clock" }
            if limiter.specification == .pacer { return "a pacer's burst is 1, whatever the suite asks for" }
            return limiter.keepsContract ? nil : "promises less than the protocol: \(limiter.summary)"
        },
        perform: { subject, effort in
            guard case .limiter(let limiter) = subject, let make = limiter.virtual else { return [] }
            var outcomes: [VerificationOutcome] = []
            for check in RateLimiterCheck.allCases where effort.includes(promise: check.rawValue) {
                let tally = OperationTally()
                var suite = suite(of: limiter.specification, tally, make)
                suite.seed = effort.seed
                outcomes.append(
                    await .contract(check.rawValue, unless: nil, seed: effort.seed, counting: tally) {
                        [suite] () async throws(ConformanceFailure) in try await suite.run(check)
                    }
                )
            }
            return effort.orNothing(outcomes, "contract")
        }
    )

    private static func suite(
        of specification: LimiterImplementation.Specification,
        _ tally: OperationTally,
        _ make: @escaping @Sendable (LimiterSetup<VirtualClock>) -> LimiterInstance
    ) -> RateLimiterConformance<CountedLimiter> {
        @Sendable func makeLimiter(_ rate: Rate, _ burst: Int, _ clock: ManualClock) -> CountedLimiter {
            let setup = LimiterSetup(rate: rate, burst: burst, clock: VirtualClock(following: clock))
            return CountedLimiter(base: make(setup).limiter, tally: tally)
        }
        // The window in which the rate gives a burst.
        let makeWindow = { @Sendable (limit: Int, window: Duration, clock: ManualClock) in
            makeLimiter(Rate(permits: UInt64(limit), perNanoseconds: window.nanosecondsClamped), limit, clock)
        }
        return switch specification {
        case .tokenBucket, .pacer: RateLimiterConformance(makeLimiter: { makeLimiter($0, $1, $2) })
        case .slidingLog: RateLimiterConformance(windowsLateBy: { _ in .zero }, makeLimiter: makeWindow)
        case .slidingWindow(let parts):
            RateLimiterConformance(windowsLateBy: { $0 / parts }, makeLimiter: makeWindow)
        }
    }
}

/// A registered limiter as the suite's, counting what is asked of it.
private struct CountedLimiter: RateLimiter {
    let base: any RateLimiter
    let tally: OperationTally

    func tryAcquire(_ permits: Int) async -> Acquisition {
        let answer = await base.tryAcquire(permits)
        tally.count(answer.isGranted ? 1 : 0)
        return answer
    }

    func acquire(_ permits: Int, timeout: Duration?) async throws(AcquireError) {
        tally.count(0)
        try await base.acquire(permits, timeout: timeout)
    }
}
