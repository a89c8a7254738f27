internal import Backpressure

/// Requests that wait. A permit takes 1 000 ns and the burst is two.
extension RateLimiterConformance {
    private var checked: CheckedEnvelope { makeEnvelope(2, 1_000) }

    /// A limiter that has granted its burst at time 0, and an oracle that has, too.
    private func makeEmptyLimiter(
        _ expectations: Expectations
    ) async throws(ConformanceFailure) -> (StagedLimiter<Limiter>, any LimiterOracle) {
        let limiter = StagedLimiter(checked, makeLimiter, expectations)
        try await expectations.expectEqual(limiter.tryAcquire(2), .granted, "a request for the whole burst")
        var oracle = checked.greedy
        oracle.record(2, atNanoseconds: 0)
        return (limiter, oracle)
    }

    private func retryAfter(_ nanoseconds: UInt64) -> Acquisition.Delay { Acquisition.Delay(nanoseconds: nanoseconds) }

    func checkOrder(_ expectations: Expectations) async throws(ConformanceFailure) {
        var (limiter, oracle) = try await makeEmptyLimiter(expectations)
        var waits: [StagedTask<StagedLimiter<Limiter>.Outcome>] = []
        var dues: [UInt64] = []
        // The first asks for the most: smaller requests behind it don't pass it.
        for permits in [2, 1, 1] {
            waits.append(limiter.startAcquire(permits))
            dues.append(oracle.promise(permits, notBefore: 0))
            await limiter.stage.settle()
        }
        for (index, due) in zip(waits.indices, dues) {
            // Some may be due at once.
            if due > limiter.clock.nanoseconds() {
                limiter.clock.advance(byNanoseconds: due - 1 - limiter.clock.nanoseconds())
                await limiter.stage.settle()
                try expectations.expectEqual(waits[index].value, nil, "wait \(index), a nanosecond early,")
                try await expectations.expect(
                    limiter.tryAcquire(1).isGranted == false,
                    "nothing to be granted to a newcomer while others wait",
                    but: "it was"
                )
                limiter.clock.advance(byNanoseconds: 1)
            }
            await limiter.stage.settle { waits[index].value != nil }
            try expectations.expectEqual(waits[index].value, .success, "wait \(index), at its time,")
        }
    }

    func checkTimeout(_ expectations: Expectations) async throws(ConformanceFailure) {
        var (limiter, oracle) = try await makeEmptyLimiter(expectations)
        let due = oracle.promise(1, notBefore: 0)
        for timeout in [due - 1, 1] {
            let wait = limiter.startAcquire(1, timeout: .nanoseconds(Int64(timeout)))
            await limiter.stage.settle { wait.value != nil }
            try expectations.expectEqual(
                wait.value,
                .failure(.timeout(retryAfter: retryAfter(due))),
                "a request with a timeout of \(timeout) ns, before any time has passed,"
            )
        }
        // The second is beyond the nanoseconds of 64 bits by four.
        let timeouts: [Duration] = [
            .nanoseconds(Int64(due)), .seconds(18_446_744_073) + .nanoseconds(709_551_620), .seconds(Int64.max),
        ]
        for timeout in timeouts {
            let wait = limiter.startAcquire(1, timeout: timeout)
            await limiter.stage.settle()
            try expectations.expectEqual(wait.value, nil, "a request with a timeout of \(timeout), which suffices,")
            limiter.clock.advance(byNanoseconds: due)
            await limiter.stage.settle { wait.value != nil }
            try expectations.expectEqual(wait.value, .success, "a request with a timeout of \(timeout), at its time,")
            (limiter, _) = try await makeEmptyLimiter(expectations)
        }
    }

    func checkZeroTimeout(_ expectations: Expectations) async throws(ConformanceFailure) {
        for timeout in [Duration.zero, .seconds(-1)] {
            var (limiter, oracle) = try await makeEmptyLimiter(expectations)
            let due = oracle.promise(1, notBefore: 0)
            let refused = limiter.startAcquire(1, timeout: timeout)
            await limiter.stage.settle { refused.value != nil }
            try expectations.expectEqual(
                refused.value,
                .failure(.timeout(retryAfter: retryAfter(due))),
                "a request with a timeout of \(timeout) when there is nothing"
            )
            limiter.clock.advance(byNanoseconds: due)
            let granted = limiter.startAcquire(1, timeout: timeout)
            await limiter.stage.settle { granted.value != nil }
            try expectations.expectEqual(
                granted.value,
                .success,
                "a request with a timeout of \(timeout) when there is a permit"
            )
        }
    }

    func checkCancellation(_ expectations: Expectations) async throws(ConformanceFailure) {
        try await checkLastCancelled(expectations)
        try await checkFirstCancelled(expectations)
    }

    private func checkLastCancelled(_ expectations: Expectations) async throws(ConformanceFailure) {
        var (limiter, oracle) = try await makeEmptyLimiter(expectations)
        let first = limiter.startAcquire(1)
        let due = oracle.promise(1, notBefore: 0)
        await limiter.stage.settle()
        let last = limiter.startAcquire(2)
        await limiter.stage.settle()
        let unstarted = limiter.startAcquire(1)
        unstarted.cancel()
        last.cancel()
        await limiter.stage.settle { last.value != nil && unstarted.value != nil }
        try expectations.expectEqual(last.value, .failure(.cancelled), "the wait that was cancelled")
        try expectations.expectEqual(
            unstarted.value,
            .failure(.cancelled),
            "the wait that was cancelled before it began"
        )
        limiter.clock.advance(byNanoseconds: due)
        await limiter.stage.settle { first.value != nil }
        try expectations.expectEqual(first.value, .success, "the wait in front of the cancelled one, at its time,")
        // Exactly what the first has left is there.
        while oracle.tryAcquire(1, atNanoseconds: due) {
            try await expectations.expectEqual(
                limiter.tryAcquire(1),
                .granted,
                "the answer when the cancelled wait has given its permits back"
            )
        }
        try await expectations.expectEqual(
            limiter.tryAcquire(1),
            .refused(retryAfter: retryAfter(oracle.promise(1, notBefore: due) - due)),
            "the answer when nothing is left but what the cancelled wait has given back"
        )
    }

    private func checkFirstCancelled(_ expectations: Expectations) async throws(ConformanceFailure) {
        var (limiter, oracle) = try await makeEmptyLimiter(expectations)
        let first = limiter.startAcquire(1)
        let earliest = oracle.promise(1, notBefore: 0)
        await limiter.stage.settle()
        let last = limiter.startAcquire(1)
        let due = oracle.promise(1, notBefore: 0)
        await limiter.stage.settle()
        first.cancel()
        await limiter.stage.settle { first.value != nil }
        try expectations.expectEqual(first.value, .failure(.cancelled), "the wait that was cancelled")
        limiter.clock.advance(byNanoseconds: earliest - 1)
        await limiter.stage.settle()
        try expectations.expectEqual(last.value, nil, "the wait behind the cancelled one, before there is a permit,")
        limiter.clock.advance(byNanoseconds: due - earliest + 1)
        await limiter.stage.settle { last.value != nil }
        try expectations.expectEqual(last.value, .success, "the wait behind the cancelled one, at its own time,")
        // Two permits were there and one was used.
        try await expectations.expect(
            limiter.tryAcquire(2).isGranted == false,
            "no more to be granted than was earned",
            but: "it was"
        )
    }
}
