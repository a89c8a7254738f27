import FlowControl

extension Registry {
    /// Limits that find themselves by what round trips take.
    mutating func registerAdaptiveLimits() {
        register(
            .adaptive("limit-aimd", "additive increase, multiplicative decrease") { setup in
                AIMDLimit(
                    bounds: 1...setup.highestLimit,
                    initial: setup.capacity,
                    longestRoundTrip: setup.serviceTime * 1.1
                )
            }
        )
        register(
            .adaptive("limit-vegas", "by the queue that round trips give away") { setup in
                VegasLimit(bounds: 1...setup.highestLimit, initial: setup.capacity)
            }
        )
        register(
            .adaptive("limit-gradient2", "by the ratio of round trips without a queue and now") { setup in
                Gradient2Limit(bounds: 1...setup.highestLimit, initial: setup.capacity)
            }
        )
    }
}

extension SystemImplementation {
    fileprivate static func adaptive<Algorithm: ConcurrencyLimitAlgorithm>(
        _ id: String,
        _ summary: String,
        _ algorithm: @escaping @Sendable (LimitSetup) -> Algorithm
    ) -> SystemImplementation {
        SystemImplementation(
            id: id,
            family: .lockFree,
            summary: "an adaptive limit: \(summary)",
            limit: { AdaptiveLimiting(algorithm($0), $0) }
        )
    }
}

/// A limit that finds itself.
struct AdaptiveLimiting<Algorithm: ConcurrencyLimitAlgorithm>: LimitSystem {
    private let semaphore: AdaptiveConcurrencyLimit<Algorithm, SystemNanosecondClock>

    init(_ algorithm: Algorithm, _ setup: LimitSetup) {
        // Windows of a few round trips, so that there are many in a phase.
        let window = SampleWindow(shortest: setup.serviceTime * 2, longest: setup.serviceTime * 8)
        semaphore = AdaptiveConcurrencyLimit(algorithm: algorithm, window: window)
    }

    func attempt(_ work: @Sendable () async -> Void) async -> Bool {
        guard let permit = semaphore.tryAcquirePermit() else { return false }
        await work()
        semaphore.release(permit)
        return true
    }

    var limit: Int? { semaphore.limit }
}
