internal import Backpressure

/// Requests that wait. A permit takes 1 000 ns and the bucket holds two, unless a check says otherwise.
extension RateLimiterConformance {
    private var permitNanoseconds: UInt64 { 1_000 }

    private func makeEmptyLimiter(
        _ expectations: Expectations
    ) async throws(ConformanceFailure) -> StagedLimiter<Limiter> {
        let rate = Rate(permits: 1, perNanoseconds: permitNanoseconds)
        let limiter = StagedLimiter(makeLimiter, rate: rate, burst: 2, expectations)
        try await expectations.expectEqual(limiter.tryAcquire(2), .granted, "a request for the whole burst")
        return limiter
    }

    func checkOrder(_ expectations: Expectations) async throws(ConformanceFailure) {
        let limiter = try await makeEmptyLimiter(expectations)
        var waits: [StagedTask<StagedLimiter<Limiter>.Outcome>] = []
        // The first asks for the most: smaller requests behind it don't pass it.
        for permits in [2, 1, 1] {
            waits.append(limiter.startAcquire(permits))
            await limiter.stage.settle()
        }
        for (index, due) in zip(waits.indices, [2, 3, 4]) {
            limiter.clock.advance(byNanoseconds: UInt64(due) * permitNanoseconds - 1 - limiter.clock.nanoseconds())
            await limiter.stage.settle()
            try expectations.expectEqual(waits[index].value, nil, "wait \(index), a nanosecond early,")
            try await expectations.expect(
                limiter.tryAcquire(1).isGranted == false,
                "nothing to be granted to a newcomer while others wait",
                but: "it was"
            )
            limiter.clock.advance(byNanoseconds: 1)
            await limiter.stage.settle { waits[index].value != nil }
            try expectations.expectEqual(waits[index].value, .success, "wait \(index), at its time,")
        }
    }

    func checkTimeout(_ expectations: Expectations) async throws(ConformanceFailure) {
        let limiter = try await makeEmptyLimiter(expectations)
        for timeout in [permitNanoseconds - 1, 1] {
            let wait = limiter.startAcquire(1, timeout: .nanoseconds(Int64(timeout)))
            await limiter.stage.settle { wait.value != nil }
            let retryAfter = Acquisition.Delay(nanoseconds: permitNanoseconds)
            try expectations.expectEqual(
                wait.value,
                .failure(.timeout(retryAfter: retryAfter)),
                "a request with a timeout of \(timeout) ns, before any time has passed,"
            )
        }
        // The second is beyond the nanoseconds of 64 bits by four.
        let timeouts: [Duration] = [
            .nanoseconds(Int64(permitNanoseconds)), .seconds(18_446_744_073) + .nanoseconds(709_551_620),
            .seconds(Int64.max),
        ]
        for timeout in timeouts {
            let wait = limiter.startAcquire(1, timeout: timeout)
            await limiter.stage.settle()
            try expectations.expectEqual(wait.value, nil, "a request with a timeout of \(timeout), which suffices,")
            limiter.clock.advance(byNanoseconds: permitNanoseconds)
            await limiter.stage.settle { wait.value != nil }
            try expectations.expectEqual(wait.value, .success, "a request with a timeout of \(timeout), at its time,")
        }
    }

    func checkZeroTimeout(_ expectations: Expectations) async throws(ConformanceFailure) {
        for timeout in [Duration.zero, .seconds(-1)] {
            let limiter = try await makeEmptyLimiter(expectations)
            let refused = limiter.startAcquire(1, timeout: timeout)
            await limiter.stage.settle { refused.value != nil }
            let retryAfter = Acquisition.Delay(nanoseconds: permitNanoseconds)
            try expectations.expectEqual(
                refused.value,
                .failure(.timeout(retryAfter: retryAfter)),
                "a request with a timeout of \(timeout) when there is nothing"
            )
            limiter.clock.advance(byNanoseconds: permitNanoseconds)
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
        let limiter = try await makeEmptyLimiter(expectations)
        let first = limiter.startAcquire(1)
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
        limiter.clock.advance(byNanoseconds: permitNanoseconds)
        await limiter.stage.settle { first.value != nil }
        try expectations.expectEqual(first.value, .success, "the wait in front of the cancelled one, at its time,")
        try await expectations.expectEqual(
            limiter.tryAcquire(1),
            .refused(retryAfter: Acquisition.Delay(nanoseconds: permitNanoseconds)),
            "the answer when the cancelled wait has given its permits back"
        )
    }

    private func checkFirstCancelled(_ expectations: Expectations) async throws(ConformanceFailure) {
        let limiter = try await makeEmptyLimiter(expectations)
        let first = limiter.startAcquire(1)
        await limiter.stage.settle()
        let last = limiter.startAcquire(1)
        await limiter.stage.settle()
        first.cancel()
        await limiter.stage.settle { first.value != nil }
        try expectations.expectEqual(first.value, .failure(.cancelled), "the wait that was cancelled")
        limiter.clock.advance(byNanoseconds: permitNanoseconds - 1)
        await limiter.stage.settle()
        try expectations.expectEqual(last.value, nil, "the wait behind the cancelled one, before there is a permit,")
        limiter.clock.advance(byNanoseconds: permitNanoseconds + 1)
        await limiter.stage.settle { last.value != nil }
        try expectations.expectEqual(last.value, .success, "the wait behind the cancelled one, at its own time,")
        // Two permits were earned and one was used.
        try await expectations.expect(
            limiter.tryAcquire(2).isGranted == false,
            "no more to be granted than was earned",
            but: "it was"
        )
    }
}
