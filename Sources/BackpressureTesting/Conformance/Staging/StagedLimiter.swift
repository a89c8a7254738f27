internal import Backpressure

/// A limiter all of whose operations run on one stage, on a clock of its own that starts at 0.
struct StagedLimiter<Limiter: RateLimiter>: Sendable {
    /// How a wait ended.
    enum Outcome: Sendable, Hashable {
        case success
        case failure(AcquireError)
    }

    let stage = Stage()
    let clock = ManualClock()
    private let base: Limiter
    private let expectations: Expectations

    init(
        _ checked: CheckedEnvelope,
        _ makeLimiter: (CheckedEnvelope, ManualClock) -> Limiter,
        _ expectations: Expectations
    ) {
        base = makeLimiter(checked, clock)
        self.expectations = expectations
    }

    /// Starts a request that may wait.
    func startAcquire(_ permits: Int, timeout: Duration? = nil) -> StagedTask<Outcome> {
        stage.start { [base] in
            do throws(AcquireError) {
                try await base.acquire(permits, timeout: timeout)
                return .success
            } catch {
                return .failure(error)
            }
        }
    }

    func tryAcquire(_ permits: Int) async throws(ConformanceFailure) -> Acquisition {
        let task = stage.start { [base] in await base.tryAcquire(permits) }
        await stage.settle { task.value != nil }
        guard let value = task.value else {
            task.cancel()
            throw expectations.failure("tryAcquire to return at once", but: "it waits")
        }
        return value
    }
}
