internal import Backpressure

/// Decisions without waiting, compared with the exact oracle's.
extension RateLimiterConformance {
    /// Where the clocks of these checks start: not at 0, where a mistake about the origin wouldn't show.
    private var origin: UInt64 { 1_000_000_007 }

    func checkDecisions(_ expectations: Expectations) async throws(ConformanceFailure) {
        for checked in exactEnvelopes {
            let expectations = expectations.with(checked.envelope.description)
            var demand = RandomDemand(checked, seed: seed)
            let clock = ManualClock(nanoseconds: origin)
            let limiter = makeLimiter(checked, clock)
            var judge = LimiterJudge(checked)
            for number in 0..<1_500 {
                let (gap, permits) = demand.next()
                clock.advance(byNanoseconds: gap)
                let answer = await limiter.tryAcquire(permits)
                let expected = judge.expected(insteadOf: answer, to: permits, atNanoseconds: clock.nanoseconds())
                try expectations.expect(
                    expected == nil,
                    "the answer to request \(number), for \(permits) permits \(gap) ns after the one before, to be "
                        + (expected ?? ""),
                    but: "it was \(answer)"
                )
            }
        }
    }

    func checkEnvelope(_ expectations: Expectations) async throws(ConformanceFailure) {
        for checked in roundedEnvelopes {
            let expectations = expectations.with(checked.envelope.description)
            var demand = RandomDemand(checked, seed: seed)
            let clock = ManualClock(nanoseconds: origin)
            let limiter = makeLimiter(checked, clock)
            var oracle = checked.late
            var grantTimes: [UInt64] = []
            var allowed = 0
            for _ in 0..<2_000 {
                clock.advance(byNanoseconds: demand.next().gap)
                let now = clock.nanoseconds()
                // Until both refuse: single permits, so that the oracle's greed is the most there is to have.
                var hasMore = true
                while hasMore {
                    let isGranted = await limiter.tryAcquire(1).isGranted
                    let isAllowed = oracle.tryAcquire(1, atNanoseconds: now)
                    if isGranted { grantTimes.append(now) }
                    if isAllowed { allowed += 1 }
                    hasMore = isGranted || isAllowed
                }
                try expectations.expect(
                    grantTimes.count + 1 >= allowed,
                    "at least \(allowed - 1) permits by \(now - origin) ns",
                    but: "\(grantTimes.count) were granted"
                )
            }
            let overshoot = checked.overshoot(ofGrantTimes: grantTimes)
            try expectations.expect(
                overshoot <= checked.toleratedPermits,
                "no window with more than \(checked.toleratedPermits) permits too many",
                but: "there is one with \(overshoot)"
            )
        }
    }

    func checkRest(_ expectations: Expectations) async throws(ConformanceFailure) {
        for checked in exactEnvelopes + roundedEnvelopes {
            let expectations = expectations.with(checked.envelope.description)
            let clock = ManualClock(nanoseconds: origin)
            let limiter = makeLimiter(checked, clock)
            for rest in [0, 20 * checked.refillNanoseconds, 2_000 * checked.refillNanoseconds] {
                clock.advance(byNanoseconds: rest)
                var granted = 0
                for _ in 0..<2 * checked.burst where await limiter.tryAcquire(1).isGranted { granted += 1 }
                try expectations.expectEqual(granted, checked.burst, "the permits granted after a rest of \(rest) ns")
            }
        }
    }

    func checkRetryAfter(_ expectations: Expectations) async throws(ConformanceFailure) {
        for checked in exactEnvelopes {
            let permits = max(1, 2 * checked.burst / 3)
            let expectations = expectations.with("\(checked.envelope), \(permits) permits")
            let clock = ManualClock(nanoseconds: origin)
            let limiter = makeLimiter(checked, clock)
            // Not all at once, so that they come back at different times.
            for _ in 0..<checked.burst {
                _ = await limiter.tryAcquire(1)
                clock.advance(byNanoseconds: checked.nanoseconds(forPermits: 1) / 3)
            }
            guard case .refused(let delay) = await limiter.tryAcquire(permits), delay.nanoseconds > 0 else {
                throw expectations.failure("a refusal that says when to try again", but: "there was none")
            }
            clock.advance(byNanoseconds: delay.nanoseconds - 1)
            let tooEarly = await limiter.tryAcquire(permits)
            try expectations.expectEqual(
                tooEarly,
                .refused(retryAfter: Acquisition.Delay(nanoseconds: 1)),
                "the answer one nanosecond before the time"
            )
            clock.advance(byNanoseconds: 1)
            try await expectations.expectEqual(limiter.tryAcquire(permits), .granted, "the answer at the time")
        }
    }

    func checkExceedsBurst(_ expectations: Expectations) async throws(ConformanceFailure) {
        let burst = 3
        let limiter = StagedLimiter(makeEnvelope(burst, 1_000_000_000), makeLimiter, expectations)
        for permits in [burst + 1, Int.max] {
            try await expectations.expectEqual(limiter.tryAcquire(permits), .exceedsBurst, "tryAcquire(\(permits))")
            let wait = limiter.startAcquire(permits)
            await limiter.stage.settle { wait.value != nil }
            try expectations.expectEqual(wait.value, .failure(.exceedsBurst), "acquire(\(permits))")
        }
        try await expectations.expectEqual(limiter.tryAcquire(burst), .granted, "a request for the whole burst")
    }

    func checkClockSetBack(_ expectations: Expectations) async throws(ConformanceFailure) {
        let checked = makeEnvelope(10, 1_000)
        let expectations = expectations.with(checked.envelope.description)
        let clock = ManualClock(nanoseconds: origin)
        let limiter = makeLimiter(checked, clock)
        var oracle = checked.greedy
        var generator = SeededGenerator(seed: seed.variant(1))
        var granted = 0
        var allowed = 0
        // The time that has gone by: what the clock went forwards.
        var elapsed: UInt64 = 0
        for _ in 0..<5_000 {
            let step = UInt64.random(in: 0..<2_000, using: &generator)
            let isBack = Int.random(in: 0..<20, using: &generator) == 0
            let now = clock.nanoseconds()
            clock.set(nanoseconds: isBack ? max(origin / 2, now - 5 * step) : now + step)
            if !isBack { elapsed += step }
            if await limiter.tryAcquire(1).isGranted { granted += 1 }
            if oracle.tryAcquire(1, atNanoseconds: elapsed) { allowed += 1 }
            try expectations.expect(
                granted <= allowed,
                "no more than \(allowed) permits, with a clock that was set back",
                but: "\(granted) were granted"
            )
        }
    }

    func checkClockSetBackFreezesNothing(_ expectations: Expectations) async throws(ConformanceFailure) {
        let checked = makeEnvelope(5, 1_000_000)
        let expectations = expectations.with(checked.envelope.description)
        for setBack in [checked.nanoseconds(forPermits: 2), checked.nanoseconds(forPermits: 5), origin / 2] {
            let clock = ManualClock(nanoseconds: origin)
            let limiter = makeLimiter(checked, clock)
            _ = await limiter.tryAcquire(checked.burst)
            clock.set(nanoseconds: origin - setBack)
            // The first to ask lets it see that.
            _ = await limiter.tryAcquire(1)
            clock.advance(byNanoseconds: checked.refillNanoseconds)
            try await expectations.expectEqual(
                limiter.tryAcquire(1),
                .granted,
                "the answer a whole refill after the clock was set back by \(setBack) ns"
            )
        }
    }

    func checkContention(_ expectations: Expectations) async throws(ConformanceFailure) {
        for burst in [1, 7, 200] {
            let checked = makeEnvelope(burst, 1_000)
            let expectations = expectations.with(checked.envelope.description)
            for _ in 0..<20 {
                let clock = ManualClock(nanoseconds: origin)
                let limiter = makeLimiter(checked, clock)
                var oracle = checked.greedy
                for rest in [0, checked.nanoseconds(forPermits: (burst + 1) / 2), checked.refillNanoseconds] {
                    clock.advance(byNanoseconds: rest)
                    var earned = 0
                    while oracle.tryAcquire(1, atNanoseconds: clock.nanoseconds()) { earned += 1 }
                    let granted = Counter()
                    var crowd = Crowd()
                    for _ in 0..<4 {
                        crowd.start { step in
                            for _ in 0..<burst + 10 {
                                if await limiter.tryAcquire(1).isGranted { granted.increment() }
                                step()
                            }
                        }
                    }
                    let isDone = await crowd.waitUntilAllFinished()
                    try expectations.expect(isDone, "tryAcquire to return at once", but: "some calls hang")
                    try expectations.expectEqual(granted.value, earned, "the permits granted to four tasks at once")
                }
            }
        }
    }
}

/// Requests after random gaps: none, less than a permit's worth, just a permit's worth, up to a full bucket, long rests.
private struct RandomDemand {
    private let burst: Int
    private let one: UInt64
    private let full: UInt64
    private var generator: SeededGenerator

    init(_ checked: CheckedEnvelope, seed: UInt64) {
        burst = checked.burst
        one = checked.nanoseconds(forPermits: 1)
        full = checked.nanoseconds(forPermits: burst)
        generator = SeededGenerator(seed: seed.variant(burst))
    }

    mutating func next() -> (gap: UInt64, permits: Int) {
        let gap: UInt64 =
            switch Int.random(in: 0..<20, using: &generator) {
            case 0..<6: 0
            case 6..<12: UInt64.random(in: 0...one + 1, using: &generator)
            case 12..<15: one
            case 15..<18: UInt64.random(in: 0...full + 1, using: &generator)
            default: UInt64.random(in: 0...3 * full + 1, using: &generator)
            }
        let permits =
            switch Int.random(in: 0..<20, using: &generator) {
            case 0: burst + 1
            case 1: burst
            case 2..<8: Int.random(in: 1...burst, using: &generator)
            default: 1
            }
        return (gap, permits)
    }
}
